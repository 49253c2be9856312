import type { Canary } from '../../api/canary.ts';
import { durationMs } from '../../api/duration.ts';
import { DEFAULT_PROVIDER, EVENTS, type Message } from '../../api/status.ts';
import type { CanaryWebhook } from '../../api/webhooks.ts';
import { ClusterError, type ApiClient, type KubeObject } from '../../ports/cluster.ts';
import type { Delivery, Notifier } from '../../ports/notifier.ts';
import { deliveryOf, type Manner } from './deliveries.ts';
import { destinationOf, type Missing, SLACK_API } from './destinations.ts';
import { secretsOf } from './hook-call.ts';
import { eventPayload } from './hook-payload.ts';
import { type Destination, format, idempotencyKey } from './messages/format.ts';
import type { Outgoing } from './outgoing.ts';

export interface NotifierOptions {
  readonly outgoing: Outgoing;
  /** Secrets are read through it at every delivery. */
  readonly api: Pick<ApiClient, 'get'>;
  /** The AlertProvider as the local store has it. */
  readonly readProvider: (namespace: string, name: string) => KubeObject | undefined;
  /** Writes the Kubernetes Event of a message; idempotent by the Canary's UID and `n`. */
  readonly createEvent: (canary: Canary, message: Message, signal: AbortSignal) => Promise<void>;
  /** The provider of the controller itself: an incoming webhook, or a bot token with a channel. */
  readonly defaultSlack: SlackSettings | undefined;
  /** Whether a Canary may use AlertProviders of other namespaces. */
  readonly crossNamespaceRefs: boolean;
}

export interface SlackSettings {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly channel: string | undefined;
}

/**
 * Hands messages to whom their key names: `events`, `default`, `<namespace>/<name>` of an
 * AlertProvider, or `hook/<name>` of a webhook of type `event`. Every `why` is a sentence that names
 * the provider and shows neither address nor credential.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  return {
    deliver: async (canary, message, provider, signal) => {
      const delivery = await attempt(options, canary, message, provider, signal).catch(
        (error: unknown): Delivery => ({ kind: 'retry', why: `failed: ${nameOf(error)}` }),
      );
      if (delivery.kind === 'accepted') return delivery;
      return { ...delivery, why: `${titleOf(canary, provider)}: ${delivery.why}` };
    },
  };
}

/** The text of an unexpected error may hold an address; its name does not. */
function nameOf(error: unknown): string {
  if (error instanceof ClusterError) return `${error.code} ${error.reason}`;
  return error instanceof Error ? error.name : 'unknown error';
}

function titleOf(canary: Canary, provider: string): string {
  if (provider === EVENTS) return 'Kubernetes Event';
  if (provider === DEFAULT_PROVIDER) return 'Slack (the controller’s own)';
  const hook = hookOf(canary, provider);
  return hook === undefined ? `AlertProvider ${provider}` : `webhook '${hook.name}'`;
}

/**
 * The webhook that the key names. A namespace may be called `hook` too: what is no webhook of the
 * Canary is an AlertProvider.
 */
function hookOf({ spec }: Canary, provider: string): CanaryWebhook | undefined {
  return spec.analysis.webhooks.find(
    ({ type, name }) => type === 'event' && `hook/${name}` === provider,
  );
}

async function attempt(
  options: NotifierOptions,
  canary: Canary,
  message: Message,
  provider: string,
  signal: AbortSignal,
): Promise<Delivery> {
  if (provider === EVENTS) {
    await options.createEvent(canary, message, signal);
    return { kind: 'accepted' };
  }
  const hook = hookOf(canary, provider);
  if (hook !== undefined) return tellHook(options.outgoing, canary, message, hook, signal);
  const to =
    provider === DEFAULT_PROVIDER
      ? defaultDestination(options.defaultSlack)
      : await providerDestination(options, canary, provider);
  if ('kind' in to) return to;
  if ('missing' in to) return { kind: 'retry', why: to.missing };
  return send(options.outgoing, canary, message, provider, to, signal);
}

async function send(
  outgoing: Outgoing,
  canary: Canary,
  message: Message,
  provider: string,
  to: Destination,
  signal: AbortSignal,
): Promise<Delivery> {
  const request = format(canary, message, to, idempotencyKey(canary, message, provider));
  const { proxy } = to;
  const answer = await outgoing.post({ ...request, proxy, deadlineMs: DEADLINE_MS, signal });
  const secrets = [to.address, to.token, proxy, ...Object.values(to.headers)];
  return deliveryOf(answer, mannerOf(to), secrets);
}

function mannerOf({ type, token }: Destination): Manner {
  if (type === 'slack') return token === undefined ? 'slack' : 'slack-bot';
  return type === 'msteams' ? 'msteams' : 'status';
}

const DEADLINE_MS = 10_000;

async function providerDestination(
  { api, readProvider, crossNamespaceRefs }: NotifierOptions,
  canary: Canary,
  provider: string,
): Promise<Destination | Missing | Delivery> {
  const [namespace = '', name = ''] = provider.split('/');
  if (!crossNamespaceRefs && namespace !== canary.metadata.namespace) {
    const why = `is in another namespace than the Canary, which this controller forbids`;
    return { kind: 'refused', why };
  }
  return destinationOf(readProvider(namespace, name), api);
}

function defaultDestination(slack: SlackSettings | undefined): Destination | Missing {
  if (slack === undefined) return noDefault('is not configured on this replica');
  const { url, token, channel } = slack;
  if (url === undefined && channel === undefined) {
    return noDefault('has a bot token and no channel: set --slack-channel');
  }
  return { type: 'slack', address: url ?? SLACK_API, token, channel, headers: {} };
}

function noDefault(missing: string): Missing {
  return { missing, reason: 'DefaultProviderMissing' };
}

async function tellHook(
  outgoing: Outgoing,
  canary: Canary,
  message: Message,
  hook: CanaryWebhook,
  signal: AbortSignal,
): Promise<Delivery> {
  const answer = await outgoing.post({
    url: hook.url,
    headers: { 'idempotency-key': idempotencyKey(canary, message, `hook/${hook.name}`) },
    body: eventPayload(canary, hook, message),
    deadlineMs: Math.min(durationMs(hook.timeout), DEADLINE_MS),
    anyCertificate: hook.disableTLS,
    signal,
  });
  return deliveryOf(answer, 'status', secretsOf(hook));
}

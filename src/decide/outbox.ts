import type { Canary } from '../api/canary.ts';
import {
  DEFAULT_PROVIDER,
  EVENTS,
  type CanaryStatus,
  type Message,
  type MessageKind,
  type Severity,
} from '../api/status.ts';
import type { Telling } from './move.ts';
import type { Accepted, Observation } from './observation.ts';
import { timeText } from './situation.ts';

const MOST = 20;

/** How long an acknowledgement waits for a change to travel with, in milliseconds. */
export const ACKNOWLEDGE_AFTER_MS = 5000;

/**
 * The messages still owed after this store (DESIGN section 7): accepted ones leave, a new one joins
 * with the providers it is owed to. When it is full, progress goes first; how a rollout ended,
 * never.
 */
export function outboxOf(
  canary: Canary,
  before: CanaryStatus,
  tell: Telling | undefined,
  seen: Observation,
  now: number,
): Pick<CanaryStatus, 'outbox' | 'messages'> {
  const kept = (before.outbox ?? [])
    .map((message) => withoutAccepted(message, seen.accepted))
    .filter((message) => message.owed.length > 0);
  if (tell === undefined) return { outbox: kept, messages: before.messages };
  const n = (before.messages ?? 0) + 1;
  const message: Message = {
    n,
    at: timeText(now),
    ...tell,
    text: tell.text.slice(0, 1024),
    owed: owedTo(canary, tell.severity, seen.defaultProvider),
  };
  return { outbox: collapse([...kept, message]), messages: n };
}

function withoutAccepted(message: Message, accepted: readonly Accepted[]): Message {
  const owed = message.owed.filter(
    (provider) =>
      !accepted.some(
        (a) => a.n === message.n && a.written === message.at && a.provider === provider,
      ),
  );
  return owed.length === message.owed.length ? message : { ...message, owed };
}

/** Whether everybody who is owed a message has it. */
export function isToldToAll({ outbox = [] }: CanaryStatus, accepted: readonly Accepted[]): boolean {
  return outbox.every((message) => withoutAccepted(message, accepted).owed.length === 0);
}

/** When an acceptance that the outbox does not tell of yet must be stored, if nothing else is. */
export function acknowledgeAt(
  { outbox = [] }: CanaryStatus,
  accepted: readonly Accepted[],
): number | undefined {
  const untold = accepted.filter((one) =>
    outbox.some((message) => withoutAccepted(message, [one]) !== message),
  );
  if (untold.length === 0) return undefined;
  return ACKNOWLEDGE_AFTER_MS + Math.min(...untold.map(({ at }) => at));
}

/** The Kubernetes Event, the controller's own provider, every alert of fitting severity, event webhooks. */
function owedTo(canary: Canary, severity: Severity, hasDefault: boolean): string[] {
  const { alerts, webhooks } = canary.spec.analysis;
  const chosen = alerts
    .filter((alert) => RANK[severity] >= RANK[alert.severity])
    .map(
      ({ providerRef }) =>
        `${providerRef.namespace ?? canary.metadata.namespace}/${providerRef.name}`,
    );
  const hooks = webhooks.filter((hook) => hook.type === 'event').map((hook) => `hook/${hook.name}`);
  return [
    ...new Set([
      EVENTS,
      ...(hasDefault && chosen.length === 0 ? [DEFAULT_PROVIDER] : []),
      ...chosen,
      ...hooks,
    ]),
  ];
}

const RANK: Record<Severity, number> = { info: 0, warn: 1, error: 2 };

function collapse(messages: Message[]): Message[] {
  let kept = messages;
  while (kept.length > MOST) {
    const victim = kept.findIndex(({ kind }) => COLLAPSIBLE.has(kind));
    kept = kept.toSpliced(Math.max(0, victim), 1);
  }
  return kept;
}

const COLLAPSIBLE: ReadonlySet<MessageKind> = new Set([
  'progress',
  'started',
  'waiting',
  'initialized',
]);

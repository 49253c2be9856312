import type { Canary } from '../api/canary.ts';
import { DEFAULT_PROVIDER, EVENTS, type Message } from '../api/status.ts';
import type { AcceptedMessage } from '../ports/world.ts';

/** A provider that took a message, as this process remembers it. */
type Accepted = Pick<AcceptedMessage, 'n' | 'written' | 'provider'>;

/** What a stored outbox still owes, as far as this process knows. */
export function owedOf(
  canary: Canary,
  accepted: readonly Accepted[],
): { message: Message; provider: string }[] {
  return (canary.status?.outbox ?? []).flatMap((message) =>
    message.owed
      .filter((provider) => !isAccepted(accepted, message, provider))
      .map((provider) => ({ message, provider })),
  );
}

/**
 * The message that a task speaks of if it is still owed. `unheard`: another replica knew more than
 * this local store does yet. `settled`: nothing is left to do.
 */
export function standingOf(
  task: {
    readonly uid: string;
    readonly n: number;
    readonly at: string;
    readonly provider: string;
  },
  canary: Canary | undefined,
  accepted: readonly Accepted[],
  now: number,
): Message | 'unheard' | 'settled' {
  if (canary === undefined || canary.metadata.uid !== task.uid) return 'settled';
  if ((canary.status?.messages ?? 0) < task.n) {
    return now - Date.parse(task.at) < HEARD_WITHIN_MS ? 'unheard' : 'settled';
  }
  const message = canary.status?.outbox?.find(({ n, at }) => n === task.n && at === task.at);
  const isOwed = message?.owed.includes(task.provider) ?? false;
  if (message === undefined || !isOwed || isAccepted(accepted, task, task.provider)) {
    return 'settled';
  }
  return message;
}

/** A store that is further behind is stale, and takes no jobs; so such a status was lost. */
const HEARD_WITHIN_MS = 300_000;

/** Whether the Canary still names the provider: what was taken out of it is not told any more. */
export function isWanted({ metadata, spec }: Canary, provider: string): boolean {
  if (provider === EVENTS || provider === DEFAULT_PROVIDER) return true;
  const { alerts, webhooks } = spec.analysis;
  const isAlert = alerts.some(
    ({ providerRef: { namespace = metadata.namespace, name } }) =>
      `${namespace}/${name}` === provider,
  );
  return (
    isAlert || webhooks.some(({ type, name }) => type === 'event' && `hook/${name}` === provider)
  );
}

function isAccepted(
  accepted: readonly Accepted[],
  { n, at }: { readonly n: number; readonly at: string },
  provider: string,
): boolean {
  return accepted.some((one) => one.n === n && one.written === at && one.provider === provider);
}

import { createHash } from 'node:crypto';
import type { Canary } from '../../api/canary.ts';
import type { CanaryStatus, Message } from '../../api/status.ts';
import type { CanaryWebhook, HookType } from '../../api/webhooks.ts';

/** What a webhook is sent: Flagger's payload, field by field, so that its receivers go on. */
export interface HookPayload {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  /** Names the revision together with its configs: the same for every call of one rollout. */
  readonly checksum: string;
  readonly buildId: string;
  readonly type: HookType;
  readonly failedChecks: number;
  readonly canaryWeight: number;
  readonly iterations: number;
  /** Nanoseconds until the progress deadline, as Go writes a duration. */
  readonly remainingTime: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The payload of a gate or a check. `now` in milliseconds since 1970. */
export function hookPayload(canary: Canary, hook: CanaryWebhook, now: number): HookPayload {
  return payload(canary, hook, now, { timestamp: String(now) });
}

/** The payload of a webhook of type `event`. */
export function eventPayload(canary: Canary, hook: CanaryWebhook, message: Message): HookPayload {
  const at = Date.parse(message.at);
  return payload(canary, hook, at, {
    eventMessage: message.text,
    eventType: message.severity === 'info' ? 'Normal' : 'Warning',
    timestamp: String(at),
  });
}

function payload(
  canary: Canary,
  hook: CanaryWebhook,
  now: number,
  facts: Record<string, string>,
): HookPayload {
  const { name, namespace } = canary.metadata;
  const status: Partial<CanaryStatus> = canary.status ?? {};
  const revision = status.lastAppliedSpec ?? '';
  const { phase = 'Initializing', failedChecks = 0, canaryWeight = 0, iterations = 0 } = status;
  return {
    name,
    namespace,
    phase,
    checksum: checksum(status),
    buildId: revision,
    type: hook.type,
    failedChecks,
    canaryWeight,
    iterations,
    remainingTime: remainingMs(canary, now) * 1_000_000,
    // As in Flagger, what it says of the rollout comes before keys of the same name.
    metadata: {
      ...hook.metadata,
      ...facts,
      phase,
      failedChecks: String(failedChecks),
      canaryWeight: String(canaryWeight),
      iterations: String(iterations),
      lastBuildId: revision,
      lastAppliedSpec: revision,
      lastPromotedSpec: status.lastPromotedSpec ?? '',
    },
  };
}

function checksum({ lastAppliedSpec, trackedConfigs }: Partial<CanaryStatus>): string {
  const configs = Object.entries(trackedConfigs ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([lastAppliedSpec ?? '', configs]);
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

function remainingMs({ spec, status }: Canary, now: number): number {
  const since = status?.stageSince ?? status?.lastTransitionTime;
  if (since === undefined) return spec.progressDeadlineSeconds * 1000;
  return Math.max(0, Date.parse(since) + spec.progressDeadlineSeconds * 1000 - now);
}

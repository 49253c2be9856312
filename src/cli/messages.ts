import { createEvent } from '../adapters/kubernetes/events.ts';
import { createAlerts } from '../adapters/webhooks/alert-problems.ts';
import { ProcessAttempts } from '../adapters/webhooks/attempts.ts';
import { createHooks } from '../adapters/webhooks/hooks.ts';
import { createNotifier } from '../adapters/webhooks/notifier.ts';
import { createOutgoing } from '../adapters/webhooks/outgoing.ts';
import type { Canary } from '../api/canary.ts';
import type { Message } from '../api/status.ts';
import type { Config } from '../config.ts';
import { ACKNOWLEDGE_AFTER_MS } from '../decide/outbox.ts';
import { timeText } from '../decide/situation.ts';
import type { ProcessMemory } from '../memory.ts';
import { createCourier, type MessageTask, type RunningCourier } from '../notify/courier.ts';
import { keyText, type Canaries } from '../ports/canaries.ts';
import type { Alerts } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApiClient, LocalStore } from '../ports/cluster.ts';
import type { Hooks } from '../ports/hooks.ts';
import { ALERT_PROVIDER } from '../ports/kinds.ts';
import type { Reach } from '../ports/reach.ts';
import type { RedisAddress } from '../queue/redis-address.ts';
import { SharedRecord, type Effect } from '../queue/shared-record.ts';
import { TaskQueue } from '../queue/task-queue.ts';
import type { Logger } from './log.ts';

export interface MessageParts {
  readonly config: Config;
  readonly api: ApiClient;
  readonly store: LocalStore;
  readonly canaries: Canaries;
  readonly clock: Clock;
  readonly memory: ProcessMemory;
  readonly redis: RedisAddress;
  readonly prefix: string;
  readonly reach: Reach;
  readonly log: Logger;
  /** Looks at the key in this process, at a time of the cluster's clock; now without one. */
  readonly lookHere: (key: string, at?: number) => void;
  readonly onDelivery: (outcome: string) => void;
  readonly onDoubled: (effect: Effect) => void;
}

export interface ProvidedMessages {
  readonly hooks: Hooks;
  readonly alerts: Alerts;
  readonly courier: RunningCourier;
  close(graceMs: number): Promise<void>;
}

/** Everything that goes out to people and to their webhooks. */
export function provideMessages(parts: MessageParts): ProvidedMessages {
  const { config, api, clock, redis, prefix, log } = parts;
  const { crossNamespaceRefs } = config;
  const outgoing = createOutgoing(parts.reach);
  const record = new SharedRecord({
    redis,
    prefix,
    own: new ProcessAttempts(),
    onDoubled: (effect, id) => {
      parts.onDoubled(effect);
      log.warn({ effect, id }, 'another replica has done this before');
    },
  });
  const hooks = createHooks({
    attempts: record,
    outgoing,
    clock,
    onAnswered: (key, { name, type, outcome, message }) => {
      if (outcome !== 'passed') log.info({ canary: keyText(key), webhook: name, type }, message);
      parts.lookHere(keyText(key));
    },
  });
  const notifier = createNotifier({
    outgoing,
    api,
    readProvider: (namespace, name) => parts.store.get(ALERT_PROVIDER, namespace, name),
    createEvent: (canary, message) => createEvent(api, canary, eventOf(message)),
    defaultSlack: config.slack,
    crossNamespaceRefs,
  });
  let queue: TaskQueue<MessageTask> | undefined;
  const courier = createCourier({
    tasks: (run, onWasOver) =>
      (queue = new TaskQueue({
        name: 'notifications',
        prefix,
        redis,
        concurrency: 50,
        run,
        onWasOver,
      })),
    notifier,
    canaries: parts.canaries,
    clock,
    memory: parts.memory,
    addHere: parts.lookHere,
    acknowledgeAfterMs: ACKNOWLEDGE_AFTER_MS,
    onDelivery: ({ key, id, n, provider, outcome, why }) => {
      parts.onDelivery(outcome);
      if (outcome === 'accepted') void record.done('message', id);
      if (outcome !== 'accepted') log.warn({ canary: keyText(key), n, provider, outcome }, why);
    },
    onGivenUp: (canary, sentence) => void giveUp(parts, canary, sentence),
  });
  return {
    hooks,
    alerts: createAlerts({ outgoing, api, store: parts.store, clock, crossNamespaceRefs }),
    courier,
    async close(graceMs) {
      hooks.close();
      courier.close();
      await queue?.close(graceMs);
      record.close();
      await outgoing.close();
    },
  };
}

const WARNINGS: ReadonlySet<Message['kind']> = new Set(['failed', 'stuck', 'stalled']);

function eventOf({ n, at, kind, text }: Message): Parameters<typeof createEvent>[2] {
  const reason = kind[0]?.toUpperCase() + kind.slice(1);
  return { n, at, reason, message: text, type: WARNINGS.has(kind) ? 'Warning' : 'Normal' };
}

/** A message that will never arrive is at least an Event on its Canary. */
async function giveUp(
  { api, clock, log }: MessageParts,
  canary: Canary,
  message: string,
): Promise<void> {
  const at = timeText(clock.now());
  const event = { n: clock.now(), at, type: 'Warning', reason: 'MessageGivenUp', message } as const;
  await createEvent(api, canary, event).catch((error: unknown) =>
    log.warn({ err: error }, message),
  );
}

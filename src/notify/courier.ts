import { createHash } from 'node:crypto';
import type { Canary } from '../api/canary.ts';
import type { Message } from '../api/status.ts';
import { keyOf, keyText, type Canaries, type CanaryKey } from '../ports/canaries.ts';
import type { Clock } from '../ports/clock.ts';
import type { Delivery, Notifier } from '../ports/notifier.ts';
import type { Courier, Memory } from '../ports/world.ts';
import { isWanted, owedOf, standingOf } from './owed.ts';
import { Patience } from './patience.ts';

/** What a job says: which message of which canary is owed to whom. The text is read again. */
export interface MessageTask {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly n: number;
  /**
   * When the message was written. A Canary whose status was lost counts its messages from 1 again:
   * number and time together name one.
   */
  readonly at: string;
  readonly provider: string;
}

/** What becomes of one attempt, as the queue wants to hear it. */
export type Attempt = 'over' | { readonly retry: string; readonly afterMs?: number | undefined };

/** A queue that makes attempts until one is over, and does not double what it has. */
export interface Tasks<Task> {
  dispatch(id: string, task: Task, options?: { readonly aloneAfterMs?: number }): void;
}

export interface CourierOptions {
  /** Makes the queue, given what makes one attempt. */
  readonly tasks: (
    attempt: (task: MessageTask, signal: AbortSignal) => Promise<Attempt>,
  ) => Tasks<MessageTask>;
  readonly notifier: Notifier;
  readonly canaries: Pick<Canaries, 'cached' | 'read' | 'all'>;
  readonly clock: Clock;
  readonly memory: Pick<Memory, 'accepted'> & {
    accept(key: CanaryKey, n: number, provider: string, at: number): void;
  };
  /** Has this very process look at the key at a time of its own clock: only it knows the answer. */
  readonly addHere: (key: string, at: number) => void;
  /** How long `decide` lets an acknowledgement wait for another change to travel with. */
  readonly acknowledgeAfterMs: number;
  /** Told of every attempt, for logs and metrics. */
  readonly onDelivery: (report: DeliveryReport) => void;
  /** Tells people where they look at the Canary (an Event) that a message will never arrive. */
  readonly onGivenUp: (canary: Canary, sentence: string) => void;
}

export interface DeliveryReport {
  readonly key: CanaryKey;
  readonly n: number;
  readonly provider: string;
  readonly outcome: Delivery['kind'] | 'given-up';
  /** A sentence without address or credential; empty when accepted. */
  readonly why: string;
}

export interface RunningCourier extends Courier {
  /**
   * This process has just stored `after` in place of `before`: a message that is new in it is this
   * process' to carry, even while replicas cannot agree by Redis on who does.
   */
  stored(before: Canary, after: Canary): void;
  close(): void;
}

/**
 * Carries what the outboxes owe. The outbox is the truth: every few seconds what is owed is given to
 * the queue again, which knows what it has, so that neither a restart nor an emptied Redis loses a
 * message. One that a provider refuses is tried for half an hour, for people to mend it, and
 * anything else for three days; then it is given up aloud.
 */
export function createCourier(options: CourierOptions): RunningCourier {
  const { canaries, clock, memory, notifier } = options;
  const patience = new Patience();
  const refusedSince = new Map<string, number>();
  const mine = new Set<string>();
  const tasks = options.tasks(attempt);
  const sweep = setInterval(sweepOutboxes, SWEEP_MS);
  sweep.unref();

  function dispatch(canary: Canary, message: Message, provider: string): void {
    const { namespace, name, uid } = canary.metadata;
    const task = { namespace, name, uid, n: message.n, at: message.at, provider };
    const aloneAfterMs = mine.has(`${uid}/${message.n}`) ? 0 : OTHERS_MS;
    tasks.dispatch(taskId(task), task, { aloneAfterMs });
  }

  function sweepOutboxes(): void {
    for (const canary of canaries.all()) {
      for (const { message, provider } of owedOf(canary, memory.accepted(keyOf(canary)))) {
        dispatch(canary, message, provider);
      }
    }
  }

  async function attempt(task: MessageTask, signal: AbortSignal): Promise<Attempt> {
    const key = { namespace: task.namespace, name: task.name };
    const canary = canaries.cached(key) ?? (await canaries.read(key));
    const standing = standingOf(task, canary, memory.accepted(key), clock.now());
    if (standing === 'unheard') return { retry: 'the local store is behind', afterMs: 500 };
    if (standing === 'settled' || canary === undefined) return 'over';
    if (!isWanted(canary, task.provider)) return settled(canary, task);
    const at = attentionKey(task);
    const waitMs = patience.begin(at, clock.now());
    if (waitMs > 0) return { retry: 'the provider is left alone for a while', afterMs: waitMs };
    const delivery = await notifier.deliver(canary, standing, task.provider, signal);
    const asked = delivery.kind === 'retry' ? delivery.afterMs : undefined;
    patience.end(at, delivery.kind === 'retry', clock.now(), asked);
    return judged(canary, standing, task, delivery);
  }

  function judged(
    canary: Canary,
    message: Message,
    task: MessageTask,
    delivery: Delivery,
  ): Attempt {
    report(task, delivery.kind, delivery.kind === 'accepted' ? '' : delivery.why);
    if (delivery.kind === 'accepted') return settled(canary, task);
    if (isHopeless(taskId(task), task, delivery)) {
      const sentence = `message ${task.n} ('${message.text.slice(0, 100)}') was given up: ${delivery.why}`;
      report(task, 'given-up', delivery.why);
      options.onGivenUp(canary, sentence);
      return settled(canary, task);
    }
    return delivery.kind === 'refused'
      ? { retry: delivery.why, afterMs: REFUSED_PAUSE_MS }
      : { retry: delivery.why, afterMs: delivery.afterMs };
  }

  /** Refused all the time for half an hour, as this process saw it, or owed for three days. */
  function isHopeless(id: string, { at }: MessageTask, { kind }: Delivery): boolean {
    const now = clock.now();
    if (now - Date.parse(at) >= OWED_FOR_MS) return true;
    if (kind !== 'refused') {
      refusedSince.delete(id);
      return false;
    }
    const since = refusedSince.get(id) ?? now;
    if (refusedSince.size < MOST_REMEMBERED) refusedSince.set(id, since);
    if (now - since < REFUSED_FOR_MS) return false;
    refusedSince.delete(id);
    return true;
  }

  /** Nothing more is owed: remembered until the next status write says so, or one of its own. */
  function settled(canary: Canary, task: MessageTask): 'over' {
    const key = keyOf(canary);
    memory.accept(key, task.n, task.provider, clock.now());
    options.addHere(keyText(key), Date.now() + options.acknowledgeAfterMs + CLOCK_GRAIN_MS);
    return 'over';
  }

  function report(task: MessageTask, outcome: DeliveryReport['outcome'], why: string): void {
    const { namespace, name, n, provider } = task;
    options.onDelivery({ key: { namespace, name }, n, provider, outcome, why });
  }

  return {
    dispatch,
    stored: (before, { metadata, status }) => {
      const messages = status?.messages ?? 0;
      if (messages <= (before.status?.messages ?? 0)) return;
      if (mine.size >= MOST_REMEMBERED) mine.clear();
      mine.add(`${metadata.uid}/${messages}`);
    },
    close: () => clearInterval(sweep),
  };
}

const SWEEP_MS = 5000;
const REFUSED_FOR_MS = 30 * 60_000;
const REFUSED_PAUSE_MS = 60_000;
const OWED_FOR_MS = 3 * 24 * 3_600_000;
const MOST_REMEMBERED = 10_000;
/** The acknowledgement must be due when it is looked for. */
const CLOCK_GRAIN_MS = 100;
/** Without Redis, a replica gives the one that stored a message this long to deliver it. */
const OTHERS_MS = 15_000;

/** A provider of this Canary only is no other Canary's concern. */
function attentionKey({ namespace, name, provider }: MessageTask): string {
  return provider.startsWith('hook/') ? `${namespace}/${name}/${provider}` : provider;
}

/** Letters, digits, `-` and `_`, the same on every replica. */
function taskId({ uid, n, at, provider }: MessageTask): string {
  const text = JSON.stringify([uid, n, at, provider]);
  return `m-${createHash('sha256').update(text).digest('base64url')}`;
}

import { createHash } from 'node:crypto';
import type { Canary } from '../api/canary.ts';
import type { Message } from '../api/status.ts';
import { keyOf, keyText, type Canaries, type CanaryKey } from '../ports/canaries.ts';
import type { Clock } from '../ports/clock.ts';
import type { Delivery, Notifier } from '../ports/notifier.ts';
import type { AcceptedMessage, Courier, Memory } from '../ports/world.ts';
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
  /**
   * Makes the queue, given what makes one attempt, and what is to be told of a task that was over
   * before. It needs places for many providers: 50, say.
   */
  readonly tasks: (
    attempt: (task: MessageTask, signal: AbortSignal) => Promise<Attempt>,
    wasOver: (task: MessageTask) => void,
  ) => Tasks<MessageTask>;
  readonly notifier: Notifier;
  readonly canaries: Pick<Canaries, 'cached' | 'read' | 'all'>;
  readonly clock: Clock;
  readonly memory: Pick<Memory, 'accepted'> & {
    accept(key: CanaryKey, message: AcceptedMessage): void;
  };
  /** Has this very process, which alone knows the answer, look at the key at a time of `clock`. */
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
  /** Names message and provider for good, on every replica. */
  readonly id: string;
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
  /** The Canary is gone, and its own webhooks with it. */
  forget(key: CanaryKey): void;
  close(): void;
}

/**
 * Carries what the outboxes owe. The outbox is the truth: every few seconds what is owed is given to
 * the queue again, which knows what it has, so that neither a restart nor an emptied Redis loses a
 * message. One that a provider refuses is tried for half an hour, for people to mend it, and
 * anything else for three days; then it is given up aloud.
 */
export function createCourier(options: CourierOptions): RunningCourier {
  return new OutboxCourier(options);
}

class OutboxCourier implements RunningCourier {
  readonly #options: CourierOptions;
  readonly #tasks: Tasks<MessageTask>;
  readonly #patience = new Patience();
  /** Since when a task has been refused at every attempt of this process. */
  readonly #refusedSince = new Map<string, number>();
  /** Messages that this process stored, as `uid/n`. */
  readonly #mine = new Set<string>();
  readonly #begin: NodeJS.Immediate;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#tasks = options.tasks(
      (task, signal) => this.#attempt(task, signal),
      (task) => this.#settle({ namespace: task.namespace, name: task.name }, task),
    );
    this.#begin = setImmediate(() => this.#dispatchOwed());
    this.#sweep = setInterval(() => this.#dispatchOwed(), SWEEP_MS);
    this.#sweep.unref();
  }

  dispatch({ metadata }: Canary, { n, at }: Message, provider: string): void {
    const { namespace, name, uid } = metadata;
    const task = { namespace, name, uid, n, at, provider };
    const aloneAfterMs = this.#mine.has(`${uid}/${n}`) ? 0 : OTHERS_MS;
    this.#tasks.dispatch(taskId(task), task, { aloneAfterMs });
  }

  stored(before: Canary, { metadata, status }: Canary): void {
    const messages = status?.messages ?? 0;
    if (messages <= (before.status?.messages ?? 0)) return;
    if (this.#mine.size >= MOST_REMEMBERED) this.#mine.clear();
    this.#mine.add(`${metadata.uid}/${messages}`);
  }

  forget(key: CanaryKey): void {
    this.#patience.forget(ownHooks(key));
  }

  close(): void {
    clearImmediate(this.#begin);
    clearInterval(this.#sweep);
  }

  #dispatchOwed(): void {
    const { canaries, memory } = this.#options;
    for (const canary of canaries.all()) {
      for (const { message, provider } of owedOf(canary, memory.accepted(keyOf(canary)))) {
        this.dispatch(canary, message, provider);
      }
    }
  }

  async #attempt(task: MessageTask, signal: AbortSignal): Promise<Attempt> {
    const { canaries, clock, memory } = this.#options;
    const key = { namespace: task.namespace, name: task.name };
    const canary = canaries.cached(key) ?? (await canaries.read(key));
    const standing = standingOf(task, canary, memory.accepted(key), clock.now());
    if (standing === 'unheard') return { retry: 'the local store is behind', afterMs: 500 };
    if (standing === 'settled' || canary === undefined) {
      this.#refusedSince.delete(taskId(task));
      return 'over';
    }
    if (!isWanted(canary, task.provider)) return this.#settle(key, task);
    return this.#deliver(canary, standing, task, signal);
  }

  async #deliver(
    canary: Canary,
    message: Message,
    task: MessageTask,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { clock, notifier } = this.#options;
    const provider = attentionKey(task);
    const waitMs = this.#patience.begin(provider, clock.now());
    if (waitMs > 0) return { retry: 'the provider is left alone for a while', afterMs: waitMs };
    const delivery = await notifier.deliver(canary, message, task.provider, signal);
    const askedMs = delivery.kind === 'retry' ? delivery.afterMs : undefined;
    this.#patience.end(provider, delivery.kind === 'retry', clock.now(), askedMs);
    return this.#judge(canary, message, task, delivery);
  }

  #judge(canary: Canary, message: Message, task: MessageTask, delivery: Delivery): Attempt {
    this.#report(task, delivery.kind, delivery.kind === 'accepted' ? '' : delivery.why);
    if (delivery.kind === 'accepted') return this.#settle(keyOf(canary), task);
    if (this.#isHopeless(task, delivery)) {
      const told = `message ${task.n} ('${message.text.slice(0, 100)}')`;
      this.#report(task, 'given-up', delivery.why);
      this.#options.onGivenUp(canary, `${told} was given up: ${delivery.why}`);
      return this.#settle(keyOf(canary), task);
    }
    const afterMs = delivery.kind === 'refused' ? REFUSED_PAUSE_MS : delivery.afterMs;
    return { retry: delivery.why, afterMs };
  }

  /** Refused all the time for half an hour, as this process saw it, or owed for three days. */
  #isHopeless(task: MessageTask, { kind }: Delivery): boolean {
    const id = taskId(task);
    const now = this.#options.clock.now();
    const since = kind === 'refused' ? (this.#refusedSince.get(id) ?? now) : undefined;
    const isRefusedLong = since !== undefined && now - since >= REFUSED_FOR_MS;
    const isHopeless = isRefusedLong || now - Date.parse(task.at) >= OWED_FOR_MS;
    if (since === undefined || isHopeless) this.#refusedSince.delete(id);
    else this.#rememberRefused(id, since);
    return isHopeless;
  }

  /** What another replica brought to its end may still be here: the oldest makes room. */
  #rememberRefused(id: string, since: number): void {
    this.#refusedSince.set(id, since);
    if (this.#refusedSince.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#refusedSince.keys();
    if (oldest !== undefined) this.#refusedSince.delete(oldest);
  }

  /** Nothing more is owed: remembered until the next status write says so, or one of its own. */
  #settle(key: CanaryKey, task: MessageTask): 'over' {
    const { acknowledgeAfterMs, addHere, clock, memory } = this.#options;
    this.#refusedSince.delete(taskId(task));
    const now = clock.now();
    memory.accept(key, { n: task.n, written: task.at, provider: task.provider, at: now });
    addHere(keyText(key), now + acknowledgeAfterMs + CLOCK_GRAIN_MS);
    return 'over';
  }

  #report(task: MessageTask, outcome: DeliveryReport['outcome'], why: string): void {
    const { namespace, name, n, provider } = task;
    const key = { namespace, name };
    this.#options.onDelivery({ key, id: taskId(task), n, provider, outcome, why });
  }
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
  return provider.startsWith('hook/') ? `${ownHooks({ namespace, name })}${provider}` : provider;
}

/** How the names of a Canary's own webhooks begin. */
function ownHooks(key: CanaryKey): string {
  return `${keyText(key)}/`;
}

/** Letters, digits, `-` and `_`, the same on every replica. */
function taskId({ uid, n, at, provider }: MessageTask): string {
  const text = JSON.stringify([uid, n, at, provider]);
  return `m-${createHash('sha256').update(text).digest('base64url')}`;
}

import { Queue, Worker } from 'bullmq';
import { Backoff } from './backoff.ts';
import { Lately } from './lately.ts';
import { connect, type RedisAddress } from './redis-address.ts';
import { RedisHealth, withDeadline } from './redis-health.ts';
import { RightOfWay } from './right-of-way.ts';
import { Timers } from './timers.ts';
import { Turns } from './turns.ts';

export interface WorkQueueOptions {
  readonly name: string;
  /** Of every Redis key: see `keyPrefix`. */
  readonly prefix: string;
  readonly redis: RedisAddress;
  /** Looks at a time of those that Redis carries, and of those that this process has to itself. */
  readonly concurrency: number;
  /**
   * Looks at one key and answers when to look again (milliseconds since 1970), or undefined. May
   * run for a key that another replica looks at too: what it does must be safe then. The signal ends
   * its I/O when it has taken too long, or when the queue no longer waits for it.
   */
  readonly run: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  /** Keys that are due by what is stored; added again every few seconds, whatever Redis lost. */
  readonly overdue: () => Iterable<string>;
  readonly onError: (key: string, error: unknown) => void;
  /** Told, in milliseconds, how long after its time a look begins; not of one that was hastened. */
  readonly onLate?: (ms: number) => void;
  /** How long one look may take, in milliseconds; half a minute. */
  readonly turnMs?: number;
}

interface Job {
  readonly key: string;
  /** When it is due, in milliseconds since 1970; a later request may have hastened it. */
  readonly at: number;
}

/**
 * Keys to look at, now or later, shared by all replicas through BullMQ. Jobs carry keys only, so
 * that a lost or doubled one does no harm; while Redis does not answer, this process runs the keys
 * itself (DESIGN section 7).
 */
export class WorkQueue {
  private readonly options: WorkQueueOptions;
  private readonly client;
  private readonly workerClient;
  private readonly health: RedisHealth;
  private readonly queue: Queue<Job>;
  private readonly worker: Worker<Job>;
  private readonly turns = new Turns();
  private readonly rightOfWay = new RightOfWay(PATIENCE_MS);
  private readonly timers: Timers;
  private readonly backoff = new Backoff(500, 30_000);
  private readonly looked = new Lately();
  private readonly closing = new AbortController();
  /** What came up while it ended, and when it is due. */
  private readonly left = new Map<string, number>();
  /** Of looks that did not come to their end in time. */
  private readonly abandoned = new AbortController();
  private readonly refill: NodeJS.Timeout;

  constructor(options: WorkQueueOptions) {
    this.options = options;
    const { name, prefix, redis, concurrency } = options;
    this.timers = new Timers(concurrency, (job) => this.giveWay(job));
    this.client = connect(redis);
    this.workerClient = connect(redis, true);
    this.health = new RedisHealth(this.client);
    this.health.on('back', () => this.addOverdue());
    this.health.on('away', () => this.addOverdue());
    this.queue = new Queue(name, { connection: this.client, prefix, ...LENIENT });
    this.worker = new Worker(name, async ({ data }) => this.giveWay(data), {
      connection: this.workerClient,
      prefix,
      concurrency,
      ...LENIENT,
      ...STALLED,
    });
    this.workerClient.on('error', () => this.health.doubt());
    // A connection that is away is seen by its health; without listeners it would end the process.
    this.queue.on('error', () => this.health.doubt());
    this.worker.on('error', () => this.health.doubt());
    this.refill = setInterval(() => this.addForgotten(), REFILL_MS);
    this.refill.unref();
  }

  /** Resolves when the queue works, through Redis or without it. */
  async ready(): Promise<{ redis: boolean }> {
    return { redis: await this.health.firstAnswer(5000) };
  }

  /** Whether Redis carries the keys; false while this process goes on by itself. */
  get isShared(): boolean {
    return this.health.isAnswering;
  }

  /** Milliseconds that the longest of the present looks has taken. */
  get longestTurnMs(): number {
    return this.turns.longestMs;
  }

  get inProgress(): number {
    return this.turns.size;
  }

  /**
   * Looks at the key at `at` (milliseconds since 1970; default now), or sooner if somebody asked
   * for that. Never blocks, never throws.
   */
  add(key: string, at = 0): void {
    if (this.closing.signal.aborted) {
      this.left.set(key, Math.min(at, this.left.get(key) ?? Infinity));
      return;
    }
    if (at <= Date.now() && this.turns.askAgain(key)) return;
    if (!this.health.isAnswering) {
      this.timers.add(key, at);
      return;
    }
    this.share(key, at).catch(() => {
      this.health.doubt();
      this.timers.add(key, at);
    });
  }

  /**
   * Looks at the key in this very process, beside the turns that run: for what only this process
   * knows, and what cannot wait for others.
   */
  addHere(key: string, at: number): void {
    if (this.closing.signal.aborted) this.add(key, at);
    else this.timers.add(key, at);
  }

  /** Looks at the key at once, in this very process; looks that are only due begin after it. */
  addUrgent(key: string): void {
    if (this.closing.signal.aborted) this.add(key);
    else void this.goFirst(() => this.takeTurn({ key, at: Date.now() }));
  }

  /** Runs at once what looks that are only due are to begin after, if it does not take long. */
  goFirst<T>(work: () => Promise<T>): Promise<T> {
    return this.rightOfWay.run(work);
  }

  /** Nobody looks at the key any more: nothing about it is kept in this process. */
  forget(key: string): void {
    this.timers.cancel(key);
    this.backoff.succeeded(key);
    this.looked.delete(key);
    this.left.delete(key);
  }

  /**
   * Ends after the turns that run, or after `graceMs` without them. What was to be looked at here is
   * left to other replicas.
   */
  async close(graceMs: number): Promise<void> {
    this.closing.abort();
    clearInterval(this.refill);
    for (const { key, at } of this.timers.takeAll()) this.add(key, at);
    // A second `close(true)` would only wait for the first.
    await withDeadline(this.worker.close(), graceMs).catch(() => {});
    this.abandoned.abort(new Error('the queue has ended'));
    await this.handOver();
    this.health.close();
    await withDeadline(this.queue.close(), 1000).catch(() => {});
    this.client.disconnect();
    this.workerClient.disconnect();
  }

  private async handOver(): Promise<void> {
    if (!this.health.isAnswering) return;
    const shares = [...this.left].map(([key, at]) => this.share(key, at));
    await withDeadline(Promise.allSettled(shares), 1000).catch(() => {});
  }

  private async share(key: string, at: number): Promise<void> {
    const now = Date.now();
    const job = { key, at: Math.max(now, at) };
    const deduplication = { id: key, keepLastIfActive: true, reschedule: true };
    const options = { deduplication, delay: job.at - now, ...FORGET };
    await withDeadline(this.queue.add('look', job, options), 1000);
  }

  private async giveWay(job: Job): Promise<void> {
    await this.rightOfWay.clear();
    await this.takeTurn(job);
  }

  private async takeTurn({ key, at }: Job): Promise<void> {
    let due: number | undefined = at;
    await this.turns.take(key, async () => {
      if (due !== undefined) this.tellLate(due);
      due = undefined;
      const next = await this.look(key);
      if (next !== undefined) this.addNext(key, next);
    });
  }

  private tellLate(due: number): void {
    const ms = Date.now() - due;
    if (ms >= 0) this.options.onLate?.(ms);
  }

  /** What follows within a moment stays in this process; Redis' timers are too coarse for it. */
  private addNext(key: string, at: number): void {
    if (at - Date.now() <= MOMENT_MS) this.addHere(key, at);
    else this.add(key, at);
  }

  private async look(key: string): Promise<number | undefined> {
    const late = AbortSignal.timeout(this.options.turnMs ?? TURN_MS);
    const signal = AbortSignal.any([this.abandoned.signal, late]);
    this.looked.add(key, REMEMBERED_MS);
    try {
      const at = await this.options.run(key, signal);
      this.backoff.succeeded(key);
      return at;
    } catch (error) {
      this.options.onError(key, error);
      return Date.now() + this.backoff.failed(key);
    }
  }

  private addOverdue(): void {
    for (const key of this.options.overdue()) this.add(key);
  }

  /** A key that holds is overdue for as long, and yet looked at in time: its timer is not lost. */
  private addForgotten(): void {
    for (const key of this.options.overdue()) if (!this.looked.has(key)) this.add(key);
  }
}

/** A turn gives up its I/O after this long. */
const TURN_MS = 30_000;
/** What is urgent is mostly over sooner; where it waits for somebody who is away, others go on. */
const PATIENCE_MS = 1000;
const REFILL_MS = 5000;
/** Longer than any pause between two looks at a key that is overdue. */
const REMEMBERED_MS = 8000;
const MOMENT_MS = 250;
const FORGET = { removeOnComplete: true, removeOnFail: true };
/** We say ourselves, once and in our log, what an old or evicting Redis means. */
const LENIENT = { skipVersionCheck: true };
/**
 * A killed replica's job keeps its key from everybody else until it is taken over: after six seconds
 * at most, not after a minute. One that is only slow is then doubled, which does no harm.
 */
const STALLED = { lockDuration: 4000, stalledInterval: 2000, maxStalledCount: 100 };

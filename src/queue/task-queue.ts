import { setMaxListeners } from 'node:events';
import { Queue, Worker, type Job } from 'bullmq';
import { Lately } from './lately.ts';
import { connect, type RedisAddress } from './redis-address.ts';
import { RedisHealth, withDeadline } from './redis-health.ts';
import { pause, pauseAfter, RetryLater } from './retry-later.ts';

/** What became of one attempt: over, or to be tried again, not before `afterMs` when that is given. */
export type Attempt = 'over' | { readonly retry: string; readonly afterMs?: number | undefined };

export interface TaskQueueOptions<Task> {
  readonly name: string;
  /** Of every Redis key: see `keyPrefix`. */
  readonly prefix: string;
  readonly redis: RedisAddress;
  readonly concurrency: number;
  /** Makes one attempt. A rejection counts as a retry. */
  readonly run: (task: Task, signal: AbortSignal) => Promise<Attempt>;
  /**
   * Told of a task that was dispatched here though it was over before, by an attempt of another
   * replica or of a process that died: what its end means, nobody may have written down.
   */
  readonly onWasOver?: (task: Task) => void;
}

/**
 * Calls to the outside world that are tried until they are over, with capped, jittered pauses. The
 * caller keeps the truth elsewhere and dispatches again whatever is still owed: a task that Redis
 * lost comes back, one that is on its way or was over lately is not doubled. Never two attempts at
 * one task at a time in one process.
 */
export class TaskQueue<Task extends object> {
  private readonly options: TaskQueueOptions<Task>;
  private readonly client;
  private readonly workerClient;
  private readonly health: RedisHealth;
  private readonly firstAnswer: Promise<unknown>;
  private readonly queue: Queue<Task>;
  private readonly worker: Worker<Task>;
  /** Given to Redis lately: it still knows them, or is asked again when it was away. */
  private readonly shared = new Lately();
  private readonly over = new Lately();
  /** What this process carries without Redis. */
  private readonly carried = new Set<string>();
  private readonly attempted = new Set<string>();
  private readonly closing = new AbortController();

  constructor(options: TaskQueueOptions<Task>) {
    this.options = options;
    const { name, prefix, redis, concurrency } = options;
    // Everything that waits listens to it.
    setMaxListeners(0, this.closing.signal);
    this.client = connect(redis);
    this.workerClient = connect(redis, true);
    this.health = new RedisHealth(this.client);
    this.firstAnswer = this.health.firstAnswer(START_MS);
    // What Redis knew may be gone with it; what it will know may have been lost on the way.
    this.health.on('away', () => this.shared.clear());
    this.health.on('back', () => this.shared.clear());
    this.queue = new Queue<Task>(name, { connection: this.client, prefix, skipVersionCheck: true });
    this.worker = new Worker<Task>(name, (job) => this.work(job), {
      connection: this.workerClient,
      prefix,
      concurrency,
      skipVersionCheck: true,
      lockDuration: 10_000,
      stalledInterval: 5000,
      maxStalledCount: 100,
      settings: { backoffStrategy: (attempts, _type, error) => pauseAfter(attempts, error) },
    });
    this.queue.on('error', () => this.health.doubt());
    this.worker.on('error', () => this.health.doubt());
  }

  /**
   * Sees to it that the task is done. `id` names it for good: letters, digits, `-` and `_`. While
   * Redis is away this process does it by itself, after `aloneAfterMs`. Never blocks, never throws.
   */
  dispatch(id: string, task: Task, { aloneAfterMs = 0 } = {}): void {
    if (this.closing.signal.aborted || this.shared.has(id) || this.over.has(id)) return;
    if (this.carried.has(id)) return;
    this.carried.add(id);
    void this.carry(id, task, aloneAfterMs).finally(() => this.carried.delete(id));
  }

  async close(graceMs: number): Promise<void> {
    this.closing.abort();
    await withDeadline(this.worker.close(), graceMs).catch(() =>
      withDeadline(this.worker.close(true), 1000).catch(() => {}),
    );
    this.health.close();
    await withDeadline(this.queue.close(), 1000).catch(() => {});
    this.client.disconnect();
    this.workerClient.disconnect();
  }

  /** Gives the task to Redis; without Redis, makes attempts until it is over or Redis is back. */
  private async carry(id: string, task: Task, aloneAfterMs: number): Promise<void> {
    await this.firstAnswer;
    if (await this.share(id, task)) return;
    await this.pause(aloneAfterMs);
    for (let attempts = 1; !this.closing.signal.aborted; attempts += 1) {
      if (await this.share(id, task)) return;
      const attempt = await this.attempt(id, task);
      if (attempt === 'over') return;
      await this.pause(pauseAfter(attempts, new RetryLater(attempt.retry, attempt.afterMs)));
    }
  }

  /** Answers whether Redis has the task now. It knows its id: one that it has is not added again. */
  private async share(jobId: string, task: Task): Promise<boolean> {
    if (!this.health.isAnswering) return false;
    // BullMQ wants a job's name and data as types of its own; a plain task is both.
    const add = this.queue.add.bind(this.queue) as (
      n: string,
      t: Task,
      o: object,
    ) => Promise<unknown>;
    try {
      await withDeadline(add('attempt', task, { jobId, ...PERSISTENT }), 1000);
      if ((await withDeadline(this.queue.getJobState(jobId), 1000)) === 'completed') {
        this.over.add(jobId, REMEMBERED_MS);
        this.options.onWasOver?.(task);
      }
      this.shared.add(jobId, SHARE_AGAIN_MS);
      return true;
    } catch {
      this.health.doubt();
      return false;
    }
  }

  private async work(job: Job<Task>): Promise<void> {
    const attempt = await this.attempt(job.id ?? '', job.data);
    if (attempt !== 'over') throw new RetryLater(attempt.retry, attempt.afterMs);
  }

  private async attempt(id: string, task: Task): Promise<Attempt> {
    if (this.over.has(id)) return 'over';
    if (this.attempted.has(id)) return { retry: 'an attempt is under way' };
    this.attempted.add(id);
    try {
      const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(ATTEMPT_MS)]);
      const attempt = await this.options.run(task, signal);
      if (attempt === 'over') this.over.add(id, REMEMBERED_MS);
      return attempt;
    } catch (error) {
      return { retry: String(error) };
    } finally {
      this.attempted.delete(id);
    }
  }

  private pause(ms: number): Promise<void> {
    return pause(ms, this.closing.signal);
  }
}

/** How long the first tasks wait to learn whether there is a Redis. */
const START_MS = 2000;
const ATTEMPT_MS = 15_000;
/** After this long without an acknowledgement a task is dispatched anew; Redis still knows its id. */
const SHARE_AGAIN_MS = 10_000;
/** A late dispatch, or a job that Redis runs again because it missed the end, is none. */
const REMEMBERED_MS = 600_000;
/** Tried for days if need be; remembered for ten minutes after. */
const PERSISTENT = {
  attempts: 10_000,
  backoff: { type: 'custom' },
  removeOnComplete: { age: REMEMBERED_MS / 1000, count: 10_000 },
  removeOnFail: { age: REMEMBERED_MS / 1000, count: 10_000 },
  // Ten thousand traces of one job would fill Redis; the reason of the last failure is kept anyway.
  stackTraceLimit: 0,
};

import { Queue, Worker, type Job } from 'bullmq';
import { connect, type RedisAddress } from './redis-address.ts';
import { RedisHealth, withDeadline } from './redis-health.ts';

/** What became of one attempt: over, or to be tried again, not before `afterMs` when that is given. */
export type Attempt = 'over' | { readonly retry: string; readonly afterMs?: number | undefined };

export interface TaskQueueOptions<Task> {
  readonly name: string;
  readonly prefix: string;
  readonly redis: RedisAddress;
  readonly concurrency: number;
  /** Makes one attempt. A rejection counts as a retry. */
  readonly run: (task: Task, signal: AbortSignal) => Promise<Attempt>;
}

/**
 * Calls to the outside world that are tried until they are over, with capped, jittered pauses. The
 * caller keeps the truth elsewhere and dispatches again whatever is still owed: a task that Redis
 * lost comes back, one that is on its way or was over lately is not doubled.
 */
export class TaskQueue<Task extends object> {
  private readonly options: TaskQueueOptions<Task>;
  private readonly client;
  private readonly health: RedisHealth;
  private readonly queue: Queue<Task>;
  private readonly worker: Worker<Task>;
  private readonly underWay = new Map<string, number>();
  private readonly closing = new AbortController();

  constructor(options: TaskQueueOptions<Task>) {
    this.options = options;
    const { name, prefix, redis, concurrency } = options;
    this.client = connect(redis);
    this.health = new RedisHealth(this.client);
    this.queue = new Queue<Task>(name, { connection: this.client, prefix, skipVersionCheck: true });
    this.worker = new Worker<Task>(name, (job) => this.work(job), {
      connection: connect(redis, true),
      prefix,
      concurrency,
      skipVersionCheck: true,
      lockDuration: 15_000,
      stalledInterval: 10_000,
      maxStalledCount: 100,
      settings: { backoffStrategy: (attempts, _type, error) => pauseAfter(attempts, error) },
    });
    this.queue.on('error', () => this.health.doubt());
    this.worker.on('error', () => this.health.doubt());
  }

  /**
   * Sees to it that the task is done. `id` names it for good: letters, digits, `-` and `_`. Never
   * blocks, never throws.
   */
  dispatch(id: string, task: Task): void {
    const now = Date.now();
    if (this.closing.signal.aborted || (this.underWay.get(id) ?? 0) > now) return;
    this.underWay.set(id, now + DISPATCH_AGAIN_MS);
    if (!this.health.isAnswering) {
      void this.insist(id, task);
      return;
    }
    this.share(id, task).catch(() => {
      this.health.doubt();
      void this.insist(id, task);
    });
  }

  async close(graceMs: number): Promise<void> {
    this.closing.abort();
    await withDeadline(this.worker.close(), graceMs).catch(() => this.worker.close(true));
    this.health.close();
    await withDeadline(this.queue.close(), 1000).catch(() => {});
    this.client.disconnect();
  }

  private async share(jobId: string, task: Task): Promise<void> {
    // BullMQ wants a job's name and data as types of its own; a plain task is both.
    const add = this.queue.add.bind(this.queue) as (
      n: string,
      t: Task,
      o: object,
    ) => Promise<unknown>;
    await withDeadline(add('attempt', task, { jobId, ...PERSISTENT }), 1000);
  }

  private async work(job: Job<Task>): Promise<void> {
    const attempt = await this.attempt(job.data);
    if (attempt !== 'over') throw new RetryLater(attempt.retry, attempt.afterMs);
  }

  /** Without Redis: this process goes on until the task is over. */
  private async insist(id: string, task: Task): Promise<void> {
    for (let attempts = 1; !this.closing.signal.aborted; attempts += 1) {
      this.underWay.set(id, Date.now() + DISPATCH_AGAIN_MS);
      const attempt = await this.attempt(task);
      if (attempt === 'over') return;
      await pause(
        pauseAfter(attempts, new RetryLater(attempt.retry, attempt.afterMs)),
        this.closing.signal,
      );
    }
  }

  private async attempt(task: Task): Promise<Attempt> {
    const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(ATTEMPT_MS)]);
    return this.options.run(task, signal).catch((error: unknown) => ({ retry: String(error) }));
  }
}

class RetryLater extends Error {
  readonly afterMs: number | undefined;
  constructor(why: string, afterMs: number | undefined) {
    super(why);
    this.afterMs = afterMs;
  }
}

/** Half a second, doubled up to half a minute, half of it by chance; or what the receiver asked for. */
function pauseAfter(attempts: number, error: Error | undefined): number {
  const asked = error instanceof RetryLater ? error.afterMs : undefined;
  const doubled = Math.min(30_000, 500 * 2 ** Math.min(attempts - 1, 20));
  return Math.min(300_000, asked ?? doubled * (0.5 + Math.random() / 2));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    timer.unref();
  });
}

const ATTEMPT_MS = 15_000;
/** After this long without an acknowledgement a task is dispatched anew; Redis still knows its id. */
const DISPATCH_AGAIN_MS = 60_000;
/** Tried for days if need be; remembered for ten minutes after, so that a late dispatch is none. */
const PERSISTENT = {
  attempts: 10_000,
  backoff: { type: 'custom' },
  removeOnComplete: { age: 600, count: 10_000 },
  removeOnFail: { age: 600, count: 10_000 },
};

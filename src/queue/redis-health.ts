import { EventEmitter, once } from 'node:events';
import type { Cluster, Redis } from 'ioredis';

/**
 * Whether Redis answers: connected and responding to PING within a second. A Redis that hangs with
 * its connections open counts as away.
 */
export class RedisHealth extends EventEmitter<{ back: []; away: [] }> {
  private readonly client: Redis | Cluster;
  private readonly timer: NodeJS.Timeout;
  private answering = false;
  private probing = false;

  constructor(client: Redis | Cluster) {
    super();
    this.client = client;
    client.on('ready', () => void this.probe());
    client.on('close', () => this.set(false));
    // Without a listener an `error` event would end the process; what it means is seen by probing.
    client.on('error', () => {});
    this.timer = setInterval(() => void this.probe(), PROBE_EVERY_MS);
    this.timer.unref();
  }

  get isAnswering(): boolean {
    return this.answering;
  }

  /** Resolves when Redis answers, or after `deadlineMs` all the same; answers whether it does. */
  async firstAnswer(deadlineMs: number): Promise<boolean> {
    await this.probe();
    if (this.answering) return true;
    await once(this, 'back', { signal: AbortSignal.timeout(deadlineMs) }).catch(() => {});
    return this.answering;
  }

  /** A command has just failed: find out now rather than at the next probe. */
  doubt(): void {
    void this.probe();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async probe(): Promise<void> {
    if (this.probing) return;
    this.probing = true;
    try {
      await withDeadline(this.client.ping(), ANSWER_WITHIN_MS);
      this.set(true);
    } catch {
      this.set(false);
    } finally {
      this.probing = false;
    }
  }

  private set(answering: boolean): void {
    if (answering === this.answering) return;
    this.answering = answering;
    this.emit(answering ? 'back' : 'away');
  }
}

const PROBE_EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 1000;

/**
 * Rejects after `ms`; what the promise does later is nobody's concern. An answer that has come by then
 * counts, though a busy process has not read it yet.
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // Of one turn of the event loop, what was received is read after the timers, and before this.
    const giveUp = () => setImmediate(() => reject(new Error(`no answer within ${ms} ms`)));
    timer = setTimeout(giveUp, ms);
  });
  promise.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Writes go first: a rollback never waits behind lists. */
export type Lane = 'write' | 'read';

export interface RequestLimit {
  /**
   * Resolves, in the order of asking within a lane, when the request may be sent: with the
   * milliseconds it was held back. Rejects with the signal's reason when that aborts first.
   */
  take(lane: Lane, signal?: AbortSignal): Promise<number>;
}

interface Waiting {
  readonly since: number;
  readonly go: (waitedMs: number) => void;
}

/** A token bucket that holds `burst` requests and gains `qps` a second. */
export function requestLimit(qps: number, burst: number): RequestLimit {
  const lanes: Record<Lane, Set<Waiting>> = { write: new Set(), read: new Set() };
  let tokens = burst;
  let countedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;

  function refill(): void {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - countedAt) * qps) / 1000);
    countedAt = now;
  }

  /** Lets everybody go whom the bucket can pay for, and comes back for the rest. */
  function serve(): void {
    timer = undefined;
    refill();
    for (const lane of [lanes.write, lanes.read]) {
      for (const waiting of lane) {
        if (tokens < 1) break;
        tokens -= 1;
        lane.delete(waiting);
        waiting.go(performance.now() - waiting.since);
      }
    }
    if (lanes.write.size + lanes.read.size > 0) {
      timer = setTimeout(serve, Math.ceil(((1 - tokens) * 1000) / qps));
    }
  }

  return {
    take(lane, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const waiting: Waiting = {
          since: performance.now(),
          go(waitedMs) {
            signal?.removeEventListener('abort', giveUp);
            resolve(waitedMs);
          },
        };
        function giveUp(): void {
          lanes[lane].delete(waiting);
          reject(signal?.reason as Error);
        }
        signal?.addEventListener('abort', giveUp, { once: true });
        lanes[lane].add(waiting);
        if (timer === undefined) serve();
      });
    },
  };
}

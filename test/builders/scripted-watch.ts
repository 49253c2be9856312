import {
  type ApiClient,
  ClusterError,
  type KubeObject,
  type ObjectList,
  type WatchEvent,
  type WatchOptions,
} from '../../src/ports/cluster.ts';

/** One watch that is open: the test says what comes out of it. */
export interface OpenWatch {
  readonly options: WatchOptions;
  send(event: WatchEvent): void;
  /** The server ends it. */
  end(): void;
  fail(error: unknown): void;
}

/** Lists and watches that do what the test says, without a network. */
export class ScriptedWatch implements Pick<ApiClient, 'list' | 'watch'> {
  /** Resource and version of every list and watch that was asked for: `list`, `watch 7`. */
  readonly asked: string[] = [];
  readonly watches: OpenWatch[] = [];
  /** What lists answer; an error or a promise of either is possible too. */
  answer: () => ObjectList | Promise<ObjectList> = () => ({ resourceVersion: '1', items: [] });
  /** How a watch begins; throwing refuses it. */
  admit: () => void = () => undefined;
  /** Watches take no notice of their signal, as a hung connection would not. */
  deaf = false;

  get watch(): ApiClient['watch'] {
    return (_, options) => {
      this.asked.push(`watch ${options.resourceVersion}`);
      return this.#open(options);
    };
  }

  async list(): Promise<ObjectList> {
    this.asked.push('list');
    return this.answer();
  }

  /** The watch opened last. */
  get last(): OpenWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined) throw new Error('no watch was opened');
    return watch;
  }

  async *#open(options: WatchOptions): AsyncGenerator<WatchEvent> {
    this.admit();
    const pending: (() => WatchEvent | undefined)[] = [];
    let wake: () => void = () => undefined;
    const tell = (next: () => WatchEvent | undefined) => {
      pending.push(next);
      wake();
    };
    this.watches.push({
      options,
      send: (event) => tell(() => event),
      end: () => tell(() => undefined),
      fail: (error) =>
        tell(() => {
          throw error;
        }),
    });
    if (!this.deaf) options.signal.addEventListener('abort', () => tell(() => undefined));
    for (;;) {
      if (pending.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const event = pending.shift()?.();
      if (event === undefined) return;
      yield event;
    }
  }
}

export function refused(code: number, reason: string, retryAfterMs?: number): ClusterError {
  return new ClusterError(reason, { code, reason, retryAfterMs });
}

export function added(object: KubeObject): WatchEvent {
  return { type: 'ADDED', object };
}

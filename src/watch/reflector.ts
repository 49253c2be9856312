import type { ApiClient, ObjectList, ResourceKind, WatchEvent } from '../ports/cluster.ts';
import { ClusterError } from '../ports/cluster.ts';
import { follow, pause, until } from './abortable.ts';
import type { Log } from './log.ts';

/** Where a reflector puts what it hears; the local store. */
export interface Sink {
  mark(): number;
  replaceAll(kind: ResourceKind, list: ObjectList, mark: number): void;
  apply(kind: ResourceKind, event: Exclude<WatchEvent, { type: 'BOOKMARK' }>): void;
}

export interface ReflectorOptions {
  readonly api: Pick<ApiClient, 'list' | 'watch'>;
  /** The same kind in every version it may be served in, the preferred one first. */
  readonly kinds: readonly [ResourceKind, ...ResourceKind[]];
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly metadataOnly?: boolean | undefined;
  /** The kind may be missing from the cluster; it is then empty, and looked for again. */
  readonly optional?: boolean | undefined;
  /** Silence in milliseconds after which a watch is taken for dead. */
  readonly staleMs?: number | undefined;
  readonly sink: Sink;
  readonly log: Log;
}

export type ReflectorState = 'listing' | 'watching' | 'missing' | 'stopped';

export interface ReflectorHealth {
  readonly kind: string;
  readonly state: ReflectorState;
  /** Milliseconds since a list, an event or a bookmark came. Infinity before the first. */
  readonly silentMs: number;
  /** How often in a row something went wrong. */
  readonly failures: number;
  readonly lastError: string | undefined;
}

export interface Reflector {
  /** Resolves when the sink holds what the cluster has; also when the kind is missing. */
  readonly listed: Promise<void>;
  /** The kind in the version that is watched; undefined while the cluster does not have it. */
  served(): ResourceKind | undefined;
  health(): ReflectorHealth;
  /** From now on nothing more reaches the sink. */
  stop(): void;
}

/** A watch that says nothing for longer is taken for dead: bookmarks come every minute. */
export const STALE_MS = 90_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** A watch that ends sooner, and without an event, counts as a failure. */
const SHORT_WATCH_MS = 5_000;
/** So many failed watches in a row, and the version they start from is no longer trusted. */
const RELIST_AFTER = 3;

/**
 * Keeps the sink equal to what the cluster holds of one kind: list, watch, and whatever it takes to
 * go on when either fails, until it is stopped.
 */
export function startReflector(options: ReflectorOptions): Reflector {
  return new Reflection(options);
}

type Ending = 'resume' | 'relist';

class Reflection implements Reflector {
  readonly listed: Promise<void>;
  readonly #options: ReflectorOptions;
  readonly #stopped = new AbortController();
  #kind: ResourceKind;
  #state: ReflectorState = 'listing';
  #seenAt = -Infinity;
  #failures = 0;
  #lastError: string | undefined;
  /** Where the next watch goes on. */
  #version = '';
  #hasListed: () => void = () => undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    [this.#kind] = options.kinds;
    this.listed = new Promise((resolve) => (this.#hasListed = resolve));
    void this.#run();
  }

  health(): ReflectorHealth {
    return {
      kind: this.#kind.kind,
      state: this.#state,
      silentMs: performance.now() - this.#seenAt,
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  served(): ResourceKind | undefined {
    return this.#state === 'missing' ? undefined : this.#kind;
  }

  stop(): void {
    this.#state = 'stopped';
    this.#stopped.abort();
  }

  get #staleMs(): number {
    return this.#options.staleMs ?? STALE_MS;
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (await this.#list()) await this.#follow();
      } catch (error) {
        if (this.#isAbsent(error)) await this.#miss();
        else await this.#recover(error);
      }
    }
  }

  /** False when it was stopped meanwhile. */
  async #list(): Promise<boolean> {
    const { api, sink, log, namespace, labelSelector, metadataOnly } = this.#options;
    if (this.#state !== 'missing') this.#state = 'listing';
    const mark = sink.mark();
    const list = await api.list(this.#kind, { namespace, labelSelector, metadataOnly });
    if (this.#isStopped) return false;
    if (this.#state === 'missing') log.info({ kind: this.#kind.kind }, 'kind is now installed');
    this.#guarded(() => sink.replaceAll(this.#kind, list, mark));
    this.#version = list.resourceVersion;
    this.#seenAt = performance.now();
    this.#state = 'watching';
    this.#hasListed();
    return true;
  }

  /** Watches, again and again, until only a list can help. */
  async #follow(): Promise<void> {
    let failed = 0;
    while (!this.#isStopped && failed < RELIST_AFTER) {
      const since = this.#version;
      try {
        if ((await this.#watch()) === 'relist') return;
        failed = 0;
      } catch (error) {
        if (isExpired(error)) {
          // Straight after a list it would go round and round.
          if (since === this.#version) await this.#recover(error);
          return;
        }
        if (this.#isAbsent(error)) throw error;
        failed = since === this.#version ? failed + 1 : 1;
        await this.#recover(error);
      }
    }
  }

  /** One watch. What ends it quietly is a reason to go on, or to list when it was silent too long. */
  async #watch(): Promise<Ending> {
    const { api, namespace, labelSelector, metadataOnly } = this.#options;
    const watch = new AbortController();
    const unfollow = follow(this.#stopped.signal, watch);
    const dog = this.#watchdog(watch);
    const startedAt = performance.now();
    const since = this.#version;
    const events = api.watch(this.#kind, {
      namespace,
      labelSelector,
      metadataOnly,
      resourceVersion: since,
      signal: watch.signal,
    });
    try {
      for await (const event of until(watch.signal, events)) this.#take(event);
    } finally {
      clearInterval(dog);
      unfollow();
      watch.abort();
    }
    if (this.#isStopped) return 'relist';
    if (this.#isSilent()) {
      this.#options.log.warn({ kind: this.#kind.kind }, 'watch has fallen silent: listing again');
      return 'relist';
    }
    const isShort = since === this.#version && performance.now() - startedAt < SHORT_WATCH_MS;
    if (isShort) throw new ClusterError(`WATCH ${this.#kind.resource}: ended at once`, ENDED);
    this.#failures = 0;
    return 'resume';
  }

  #watchdog(watch: AbortController): NodeJS.Timeout {
    return setInterval(() => {
      if (this.#isSilent()) watch.abort();
    }, this.#staleMs / 30);
  }

  #isSilent(): boolean {
    return performance.now() - this.#seenAt >= this.#staleMs;
  }

  #take(event: WatchEvent): void {
    this.#seenAt = performance.now();
    this.#failures = 0;
    this.#lastError = undefined;
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion;
      return;
    }
    this.#version = event.object.metadata.resourceVersion ?? this.#version;
    this.#guarded(() => this.#options.sink.apply(this.#kind, event));
  }

  /** A handler that throws is a bug of its own; it must not cost the watch. */
  #guarded(hand: () => void): void {
    try {
      hand();
    } catch (error) {
      this.#options.log.error({ err: error, kind: this.#kind.kind }, 'an event was not understood');
    }
  }

  #isAbsent(error: unknown): boolean {
    return this.#options.optional === true && error instanceof ClusterError && error.code === 404;
  }

  /** Tries the next version in which the kind may be served; when none is, waits for it. */
  async #miss(): Promise<void> {
    const { kinds, sink, log } = this.#options;
    const next = kinds[kinds.indexOf(this.#kind) + 1];
    this.#kind = next ?? kinds[0];
    if (next !== undefined) return;
    this.#seenAt = performance.now();
    if (this.#state !== 'missing') {
      log.warn(
        { kind: this.#kind.kind },
        'kind is not installed: it is looked for again and again',
      );
      this.#guarded(() => sink.replaceAll(this.#kind, NOTHING, sink.mark()));
    }
    this.#state = 'missing';
    this.#hasListed();
    // Often enough never to count as stale.
    await pause((this.#staleMs / 3) * (0.9 + Math.random() / 5), this.#stopped.signal);
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#isStopped) return;
    this.#failures += 1;
    this.#lastError = error instanceof Error ? error.message : String(error);
    const facts = { kind: this.#kind.kind, failures: this.#failures };
    this.#options.log.warn(facts, `watch is interrupted: ${this.#lastError}`);
    await pause(backoffMs(error, this.#failures), this.#stopped.signal);
  }
}

const NOTHING: ObjectList = { resourceVersion: '', items: [] };
const ENDED = { code: 0, reason: 'NoAnswer' };

function isExpired(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 410;
}

/** Doubles with every failure, jittered; a server that names a time gets at least that. */
function backoffMs(error: unknown, failures: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
  const asked = error instanceof ClusterError ? (error.retryAfterMs ?? 0) : 0;
  return asked + longest * (0.5 + Math.random() / 2);
}

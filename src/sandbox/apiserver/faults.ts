import type { Admission } from './objects/writes.ts';

/** One answered request, or one watch that was opened. */
export interface RequestRecord {
  method: string;
  /** With its query. */
  path: string;
  userAgent: string;
  status: number;
  /** As Kubernetes names it: get, list, watch, create, update, patch, delete, deletecollection. */
  verb: string;
  at: Date;
}

export interface InjectedAnswer {
  status: number;
  /** Seconds, sent as `Retry-After`. */
  retryAfter?: number;
  /** How many requests get it; 1 unless told otherwise. */
  times?: number;
  /** Only requests for which this holds; all, without it. */
  when?: (request: { method: string; path: string; userAgent: string }) => boolean;
}

/** Open watches, as faults see them. */
export interface WatchHandle {
  readonly path: string;
  readonly userAgent: string;
  /** Breaks the connection without a word. */
  cut(): void;
  /** Sends an in-stream 410 and ends. */
  expire(): void;
  /** Keeps the connection but sends nothing any more. */
  silence(): void;
}

/** Bad weather, to be made by tests. Everything is calm until one of these is used. */
export class Faults {
  /** Milliseconds by which every answer is late. */
  latency = 0;
  /** No request is answered while this is set. */
  unreachable = false;
  /** Rejects writes by throwing an ApiError, as a validating webhook would. */
  admission: Admission | undefined;
  readonly #answers: (InjectedAnswer & { left: number })[] = [];
  readonly #watches = new Set<WatchHandle>();
  readonly #listeners = new Set<(record: RequestRecord) => void>();
  readonly #watchListeners = new Set<(watch: WatchHandle) => void>();
  readonly #compact: () => void;
  #silentWatches = false;

  constructor(compact: () => void) {
    this.#compact = compact;
  }

  /** Answers the next matching requests with a status of one's own choice instead of serving them. */
  answerWith(answer: InjectedAnswer): void {
    this.#answers.push({ ...answer, left: answer.times ?? 1 });
  }

  /** Ends all injected answers, latency, silence and rejection. */
  clear(): void {
    this.#answers.length = 0;
    this.latency = 0;
    this.unreachable = false;
    this.admission = undefined;
    this.#silentWatches = false;
  }

  cutWatches(when: (watch: WatchHandle) => boolean = () => true): void {
    for (const watch of [...this.#watches].filter(when)) watch.cut();
  }

  expireWatches(when: (watch: WatchHandle) => boolean = () => true): void {
    for (const watch of [...this.#watches].filter(when)) watch.expire();
  }

  /** Half-dead connections: present watches, and those opened until `clear`, go silent. */
  silenceWatches(): void {
    this.#silentWatches = true;
    for (const watch of this.#watches) watch.silence();
  }

  /** Forgets the event history, so that watches from older revisions get 410. */
  compact(): void {
    this.#compact();
  }

  /** Told of every answered request; returns the function that ends it. */
  onRequest(listener: (record: RequestRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Told of every watch as it opens, first of those that are open; returns the function that ends it. */
  onWatch(listener: (watch: WatchHandle) => void): () => void {
    this.#watchListeners.add(listener);
    for (const watch of this.#watches) listener(watch);
    return () => this.#watchListeners.delete(listener);
  }

  /** The server's side: the injected answer for a request, if one is due. */
  takeAnswer(request: {
    method: string;
    path: string;
    userAgent: string;
  }): InjectedAnswer | undefined {
    const answer = this.#answers.find((one) => one.left > 0 && (one.when?.(request) ?? true));
    if (answer) answer.left -= 1;
    return answer;
  }

  /** The server's side: a watch was opened; answers the function to call when it has ended. */
  watchOpened(watch: WatchHandle): () => void {
    this.#watches.add(watch);
    if (this.#silentWatches) watch.silence();
    for (const listener of this.#watchListeners) listener(watch);
    return () => this.#watches.delete(watch);
  }

  /** The server's side. */
  record(record: RequestRecord): void {
    for (const listener of this.#listeners) listener(record);
  }

  get openWatches(): readonly WatchHandle[] {
    return [...this.#watches];
  }
}

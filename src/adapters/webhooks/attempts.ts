/** What a webhook said. */
export interface Said {
  readonly passed: boolean;
  /** Why not, for people; empty when it passed. */
  readonly why: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** What is known of one attempt: how often it was called, and what was said last. */
export interface Attempt {
  readonly round: number;
  /** Until when the call under way may take; 0 when there is none. */
  readonly callingUntil: number;
  readonly said: Said | undefined;
}

/**
 * The record of webhook calls. An attempt is recorded before its call, so that no two are made for
 * one: the way to share that between replicas is to keep this record where both see it.
 */
export interface Attempts {
  read(id: string): Promise<Attempt | undefined>;
  /**
   * Records that the call `round` (from 1) is about to be made. False when another call is under
   * way at `now` or that round was begun before: then it must not be made.
   */
  begin(id: string, round: number, now: number, until: number): Promise<boolean>;
  /** Records what was said in that round. */
  finish(id: string, round: number, said: Said): Promise<void>;
}

/** The record of this process alone; beyond `most` attempts the one not touched longest is forgotten. */
export class ProcessAttempts implements Attempts {
  readonly #known = new Map<string, Attempt>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  read(id: string): Promise<Attempt | undefined> {
    return Promise.resolve(this.#known.get(id));
  }

  begin(id: string, round: number, now: number, until: number): Promise<boolean> {
    const known = this.#known.get(id);
    const isTaken = (known?.callingUntil ?? 0) > now || (known?.round ?? 0) >= round;
    if (!isTaken) this.#remember(id, { round, callingUntil: until, said: known?.said });
    return Promise.resolve(!isTaken);
  }

  finish(id: string, round: number, said: Said): Promise<void> {
    if ((this.#known.get(id)?.round ?? 0) <= round) {
      this.#remember(id, { round, callingUntil: 0, said });
    }
    return Promise.resolve();
  }

  #remember(id: string, attempt: Attempt): void {
    this.#known.delete(id);
    this.#known.set(id, attempt);
    if (this.#known.size <= this.#most) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

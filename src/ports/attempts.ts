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
 * one: replicas share that by keeping this record where all of them see it.
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

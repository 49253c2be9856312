import { accumulate, type Counts, innocent, type Weighing } from './evidence.ts';

/** Evidence on one question, and what it was gathered from. */
export interface Track {
  /** In nats, one for each ratio. */
  readonly scores: readonly number[];
  /** When least spoke against the canary: what does began here, in milliseconds. */
  readonly since: number;
  /** The score at that time. */
  readonly low: number;
  /** Counted since then. */
  readonly canary: Counts;
  readonly primary: Counts;
}

/** Counts of both versions between two times. */
export interface Compared {
  readonly to: number;
  readonly canary: Counts;
  readonly primary: Counts;
}

const NONE: Counts = { requests: 0, bad: 0 };

export function newTrack(weighing: Weighing, since: number): Track {
  return { scores: innocent(weighing), since, low: -Math.LN2, canary: NONE, primary: NONE };
}

/** That of the alternative for which most speaks. */
export function scoreOf({ scores }: Pick<Track, 'scores'>): number {
  return Math.max(...scores);
}

export function withEvidence(
  track: Track,
  { to, canary, primary }: Compared,
  weighing: Weighing,
  log: (ratio: number) => number,
): Track {
  const scores = accumulate(track.scores, weighing, log);
  const low = scoreOf({ scores });
  // Below the floor nothing is remembered: a later low there is as good as the lowest.
  if (low <= Math.max(track.low, -weighing.floor)) {
    return { scores, since: to, low, canary: NONE, primary: NONE };
  }
  return {
    ...track,
    scores,
    canary: plus(track.canary, canary),
    primary: plus(track.primary, primary),
  };
}

function plus(a: Counts, b: Counts): Counts {
  return { requests: a.requests + b.requests, bad: a.bad + b.bad };
}

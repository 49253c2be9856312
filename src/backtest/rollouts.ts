import type { CountedEdge } from '../ports/telemetry.ts';
import type { History } from './history.ts';
import { levelsOf } from './levels.ts';

/** A span of history in which a new version had a share of the requests. Times are the store's. */
export interface PastRollout {
  /** Before the first edge with requests to the canary, and after the last. */
  readonly from: number;
  readonly to: number;
  /** Steps with rising shares, as far as a verdict could still matter. */
  readonly steps: readonly PastStep[];
  /** When the share fell, or the canary's requests ended: what comes then is no analysis. */
  readonly comparedUntil: number;
  /** `before`: it had begun when the samples begin, at the start of the history or after a gap. */
  readonly begins: 'within' | 'before';
  /**
   * - `ended`: the canary's requests ended and the primary's went on: it was promoted or taken back;
   * - `under-way`: the history ends first;
   * - `gap`: no samples of either version follow.
   */
  readonly ends: 'ended' | 'under-way' | 'gap';
}

export interface PastStep {
  readonly from: number;
  /** Percent of the requests that the canary got, as observed. */
  readonly weight: number;
}

/** What the target's requests show, besides rollouts. */
export interface Found {
  readonly rollouts: readonly PastRollout[];
  /** Spans with requests to the target that are no rollout: too few, or nothing to compare with. */
  readonly others: readonly Other[];
}

export interface Other {
  readonly from: number;
  readonly to: number;
  readonly why: 'few-requests' | 'no-primary';
}

/** Rollouts in the order in which they happened. */
export function rolloutsIn({
  span,
  edgeMs,
  isSideBySide = false,
}: Pick<History, 'span' | 'edgeMs' | 'isSideBySide'>): Found {
  const isCompared = isSideBySide
    ? (edge: CountedEdge) => requestsOf(edge) > 0 && primaryIn([edge]) > 0
    : (edge: CountedEdge) => requestsOf(edge) > 0;
  const all = stretchesOf(span.edges, edgeMs, isCompared);
  // What had all requests before is what the others are compared with.
  const found = isSideBySide ? all.filter(({ first }) => !wasAlone(span.edges, first)) : all;
  const others: Other[] = [];
  const rollouts: PastRollout[] = [];
  for (const stretch of found) {
    const edges = span.edges.slice(stretch.first, stretch.end);
    const why = whyNone(edges);
    const times = { from: startOf(edges, edgeMs), to: edges.at(-1)?.to ?? span.from };
    if (why === undefined) rollouts.push(...split(stretch, span.edges, edgeMs));
    else others.push({ ...times, why });
  }
  return { rollouts, others };
}

interface Stretch {
  /** Index of the first edge with requests to the canary, and of the one after the last. */
  readonly first: number;
  readonly end: number;
  readonly ends: PastRollout['ends'];
}

/** Spans in which the canary is never silent for long. */
function stretchesOf(
  edges: readonly CountedEdge[],
  edgeMs: number,
  isCompared: (edge: CountedEdge) => boolean,
): Stretch[] {
  const stretches: Stretch[] = [];
  let first: number | undefined;
  let end = 0;
  for (const [i, edge] of edges.entries()) {
    if (isCompared(edge)) {
      first ??= i;
      end = i + 1;
      continue;
    }
    if (first === undefined) continue;
    const silence = edges.slice(end, i + 1);
    const share = shareOf(edges.slice(Math.max(first, end - RECENT), end));
    if (!isOver(silence, share, edgeMs)) continue;
    stretches.push({ first, end, ends: goesOn(silence) ? 'ended' : 'gap' });
    first = undefined;
  }
  if (first !== undefined) stretches.push({ first, end, ends: endOfHistory(edges, end) });
  return stretches;
}

/** Edges from which the present share is told. */
const RECENT = 8;

/** By the end of the history the silence may not have lasted long enough to be sure of it. */
function endOfHistory(edges: readonly CountedEdge[], end: number): PastRollout['ends'] {
  const silence = edges.slice(end);
  if (silence.length < 2) return 'under-way';
  return goesOn(silence) ? 'ended' : 'gap';
}

/** Whether one of both is called without the other. */
function goesOn(edges: readonly CountedEdge[]): boolean {
  return primaryIn(edges) > 0 || edges.some((edge) => requestsOf(edge) > 0);
}

function wasAlone(edges: readonly CountedEdge[], first: number): boolean {
  const before = edges.slice(0, first).findLast((edge) => requestsOf(edge) + primaryIn([edge]) > 0);
  return before === undefined
    ? shareOf(edges.slice(first, first + RECENT)) > 0.5
    : requestsOf(before) > 0;
}

/**
 * Whether the canary's silence is its end: it should have had so many requests that none comes once
 * in half a billion times, or nothing was heard of it for long.
 */
function isOver(silence: readonly CountedEdge[], share: number, edgeMs: number): boolean {
  const lasted = silence.length * edgeMs;
  if (lasted >= LONGEST_SILENCE_MS) return true;
  const expected = share >= 1 ? Infinity : (primaryIn(silence) * share) / (1 - share);
  return lasted >= LEAST_SILENCE_MS && expected >= SURELY_SOME;
}

const LONGEST_SILENCE_MS = 600_000;
const LEAST_SILENCE_MS = 60_000;
const SURELY_SOME = 20;

function whyNone(edges: readonly CountedEdge[]): Other['why'] | undefined {
  const requests = edges.reduce((sum, edge) => sum + requestsOf(edge), 0);
  if (primaryIn(edges) === 0) return 'no-primary';
  return requests < LEAST_REQUESTS ? 'few-requests' : undefined;
}

/** Fewer are somebody's curl. */
const LEAST_REQUESTS = 10;

/**
 * One rollout, or several where a share rises again after it fell: a new version that came in the
 * middle of another. What follows a fall is the way back, and no analysis.
 */
function split(stretch: Stretch, all: readonly CountedEdge[], edgeMs: number): PastRollout[] {
  const edges = all.slice(stretch.first, stretch.end);
  const levels = levelsOf(edges);
  const begins = levels.flatMap(({ first, share }, i) => {
    const [before, earlier] = [levels[i - 1]?.share ?? 0, levels[i - 2]?.share ?? 0];
    return i === 0 || (share > before && before < earlier) ? [first] : [];
  });
  return begins.map((first, i): PastRollout => {
    const end = begins[i + 1] ?? edges.length;
    const own = levels.filter((level) => level.first >= first && level.end <= end);
    const fall = own.find(({ share }, n) => n > 0 && share < (own[n - 1]?.share ?? 0));
    const rising = own.filter(({ first }) => fall === undefined || first < fall.first);
    const isLast = i === begins.length - 1;
    const ends = isLast ? stretch.ends : 'ended';
    const until = fall?.first ?? (ends === 'under-way' ? end : Math.max(first, end - 1));
    const timeOf = (index: number) => startOf(edges, edgeMs) + index * edgeMs;
    return {
      from: timeOf(first),
      to: timeOf(end),
      steps: rising.map(({ first, share }) => ({ from: timeOf(first), weight: percent(share) })),
      comparedUntil: timeOf(until),
      begins: i === 0 && isAfterSilence(all, stretch.first, edgeMs) ? 'before' : 'within',
      ends,
    };
  });
}

/** Whether nothing is known of the time before an edge. */
function isAfterSilence(edges: readonly CountedEdge[], first: number, edgeMs: number): boolean {
  const before = edges.slice(Math.max(0, first - Math.ceil(LEAST_SILENCE_MS / edgeMs)), first);
  return before.every(({ primary }) => primary === undefined);
}

/** Whole ones, as weights are; a canary with requests never has none. */
function percent(share: number): number {
  return Math.max(1, Math.round(100 * share));
}

function startOf([first]: readonly CountedEdge[], edgeMs: number): number {
  return (first?.to ?? edgeMs) - edgeMs;
}

function requestsOf({ canary }: CountedEdge): number {
  return canary?.requests ?? 0;
}

function primaryIn(edges: readonly CountedEdge[]): number {
  return edges.reduce((sum, { primary }) => sum + (primary?.requests ?? 0), 0);
}

function shareOf(edges: readonly CountedEdge[]): number {
  const canary = edges.reduce((sum, edge) => sum + requestsOf(edge), 0);
  return canary === 0 ? 0 : canary / (canary + primaryIn(edges));
}

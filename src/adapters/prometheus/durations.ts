import { type Labels, numberOf, type RangeSeries, type RawSample } from './answer.ts';
import type { Window } from './client.ts';
import { workloadKey } from './sources.ts';

/**
 * Buckets are by far the most series, and taking the growth of each on the server costs eight times
 * what adding them up costs. So the sums are fetched, and their differences are the growth, unless a
 * series fell, ended or came back meanwhile: that hides in a sum. Whether it did is told by the
 * counts, which are a twentieth of the buckets and are taken series by series: where they grew by
 * something else than the bucket that holds all, every bucket of that workload must be taken so, too.
 * This is decided for each block by itself: whoever reads other blocks with it gets the same.
 */
export interface Growth {
  /** Growth of each bucket at the ends of the blocks in which its workload answered at all. */
  readonly series: readonly RangeSeries[];
  /** The workloads whose sums hide something, and the ends of the blocks in which they do. */
  readonly hiding: readonly Hiding[];
}

export interface Hiding {
  readonly labels: Labels;
  readonly ends: ReadonlySet<number>;
}

/**
 * @param sums cumulative counts by workload and bound, at the start of the first block and at every end.
 * @param counts growth of the number of durations by workload, at every end.
 */
export function growthOf(
  sums: readonly RangeSeries[],
  counts: readonly RangeSeries[],
  { from, to, step }: Window,
): Growth {
  const ends = Array.from({ length: (to - from) / step }, (_, i) => from + (i + 1) * step);
  const counted = new Map(counts.map(({ metric, values }) => [workloadKey(metric), values ?? []]));
  const answered = new Map<string, ReadonlySet<number>>();
  const hiding: Hiding[] = [];
  for (const { metric, values = [] } of sums.filter(({ metric }) => metric['le'] === '+Inf')) {
    const summed = valuesAt(values);
    const alone = valuesAt(counted.get(workloadKey(metric)) ?? []);
    const grown = ends.map((end) => growthAt(end, summed, step));
    const isHidden = (end: number, i: number) => !isClose(grown[i] ?? 0, alone.get(end) ?? 0);
    const hidden = new Set(ends.filter(isHidden));
    if (hidden.size > 0) hiding.push({ labels: metric, ends: hidden });
    const some = ends.filter((end, i) => !hidden.has(end) && grown[i] !== 0);
    answered.set(workloadKey(metric), new Set(some));
  }
  const series = sums.map(({ metric, values = [] }) => {
    const at = valuesAt(values);
    const known = [...(answered.get(workloadKey(metric)) ?? [])].filter((end) => at.has(end));
    return { metric, values: known.map((end) => sampleOf(end, growthAt(end, at, step))) };
  });
  return { series, hiding };
}

/** What is not there counts as nothing yet. */
function growthAt(end: number, at: ReadonlyMap<number, number>, step: number): number {
  return (at.get(end) ?? 0) - (at.get(end - step) ?? 0);
}

function sampleOf(end: number, value: number): RawSample {
  return [end / 1000, String(value)];
}

/** Of what was taken series by series, the blocks in which the sums hide something. */
export function hiddenOnly(
  exact: readonly RangeSeries[],
  hiding: readonly Hiding[],
): readonly RangeSeries[] {
  const wanted = new Map(hiding.map(({ labels, ends }) => [workloadKey(labels), ends]));
  return answeredOnly(exact).map(({ metric, values = [] }) => {
    const ends = wanted.get(workloadKey(metric));
    return { metric, values: values.filter(([seconds]) => ends?.has(Math.round(seconds * 1000))) };
  });
}

/** Growth of buckets in the blocks in which their workload answered at all. */
export function answeredOnly(buckets: readonly RangeSeries[]): readonly RangeSeries[] {
  const answered = new Map(
    buckets
      .filter(({ metric }) => metric['le'] === '+Inf')
      .map(({ metric, values = [] }) => [
        workloadKey(metric),
        new Set(values.filter(([, grown]) => Number(grown) > 0).map(([seconds]) => seconds)),
      ]),
  );
  return buckets.map(({ metric, values = [] }) => {
    const ends = answered.get(workloadKey(metric));
    return { metric, values: values.filter(([seconds]) => ends?.has(seconds)) };
  });
}

/** Sums of fractions differ in their last digits. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
}

function valuesAt(values: readonly RawSample[]): Map<number, number> {
  return new Map(values.map(([seconds, text]) => [Math.round(seconds * 1000), numberOf(text)]));
}

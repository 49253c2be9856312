import { type Labels, numberOf, type RangeSeries, type RawSample } from './answer.ts';
import type { Window } from './client.ts';
import { workloadKey } from './sources.ts';

/**
 * Buckets are by far the most series, and taking the growth of each on the server costs eight times
 * what adding them up costs. So the sums are fetched, and their differences are the growth, unless a
 * series fell, ended or came back meanwhile: that hides in a sum. Whether it did is told by the
 * counts, which are a twentieth of the buckets and are taken series by series: where they grew by
 * something else than the bucket that holds all, every bucket of that workload must be taken so, too.
 */
export interface Growth {
  /** Growth of each bucket at the ends of the blocks. */
  readonly series: readonly RangeSeries[];
  /** Labels of the workloads whose sums hide something. */
  readonly hiding: readonly Labels[];
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
  const grown = sums.map(({ metric, values }) => ({
    metric,
    values: differences(values ?? [], ends, step),
  }));
  const counted = new Map(counts.map(({ metric, values }) => [workloadKey(metric), values ?? []]));
  const all = grown.filter(({ metric }) => metric['le'] === '+Inf');
  const hiding = all.filter(
    ({ metric, values }) => !agrees(values, counted.get(workloadKey(metric)) ?? [], ends),
  );
  const hidden = new Set(hiding.map(({ metric }) => workloadKey(metric)));
  return {
    series: grown.filter(({ metric }) => !hidden.has(workloadKey(metric))),
    hiding: hiding.map(({ metric }) => metric),
  };
}

/** What is not there counts as nothing yet. */
function differences(values: readonly RawSample[], ends: readonly number[], step: number) {
  const at = valuesAt(values);
  return ends.flatMap((end): RawSample[] => {
    const grown = (at.get(end) ?? 0) - (at.get(end - step) ?? 0);
    return grown === 0 ? [] : [[end / 1000, String(grown)]];
  });
}

function agrees(sums: readonly RawSample[], counts: readonly RawSample[], ends: readonly number[]) {
  const [summed, counted] = [valuesAt(sums), valuesAt(counts)];
  return ends.every((end) => isClose(summed.get(end) ?? 0, counted.get(end) ?? 0));
}

/** Sums of fractions differ in their last digits. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
}

function valuesAt(values: readonly RawSample[]): Map<number, number> {
  return new Map(values.map(([seconds, text]) => [Math.round(seconds * 1000), numberOf(text)]));
}

import type { Counts, Measurement, Shift } from '../../ports/telemetry.ts';
import { type InstantSeries, numberOf } from './answer.ts';
import type { Bucket } from './histogram.ts';
import { BY_REPORTERS, WORKLOAD_LABELS } from './counters.ts';
import { growth, SUCCESSFUL, workloadMatchers } from './queries.ts';
import { REPORTERS, workloadKey, workloadKeys } from './sources.ts';
import { ofRequestsOnly } from './builtin.ts';
import { nameOf, type Version, type Watched } from './watched.ts';

/** Sizes of both versions' successful responses: their sum, and how many lie in which bucket. */
export function sizesQuery(watched: Watched, interval: string): string {
  const selector = [BY_REPORTERS, SUCCESSFUL, ...workloadMatchers([watched])].join(',');
  const grown = (part: string) => growth(`istio_response_bytes_${part}{${selector}}`, interval);
  const sums = `sum by (${WORKLOAD_LABELS}) (${grown('sum')})`;
  return `sum by (${WORKLOAD_LABELS},le) (${grown('bucket')}) or label_replace(${sums}, "le", "${SUM}", "", "")`;
}

const SUM = 'sum';

/** Bytes of a response on average, and where the two versions' sizes differ most. */
export function sizesIn(
  series: readonly InstantSeries[],
  watched: Watched,
  interval: string,
): Measurement {
  if (!watched.units.includes('requests')) return ofRequestsOnly('response-size', watched);
  const [canary, primary] = [watched.canary, watched.primary].map((version) =>
    sizesOf(series, watched, version),
  ) as [Sizes, Sizes];
  const mean = (sizes: Sizes, version: Version): Measurement =>
    sizes.responses > 0
      ? { kind: 'value', value: sizes.bytes / sizes.responses }
      : {
          kind: 'no-data',
          why: `istio_response_bytes counted no successful response of ${nameOf(version)} in the last ${interval}`,
        };
  const ours = mean(canary, watched.canary);
  if (ours.kind !== 'value') return ours;
  const shift = primary.responses > 0 ? shiftBetween(canary, primary) : undefined;
  return { ...ours, primary: mean(primary, watched.primary), ...(shift && { shift }) };
}

interface Sizes {
  readonly responses: number;
  readonly bytes: number;
  /** Finite bounds, ascending, and how many responses are not larger. */
  readonly within: readonly Bucket[];
}

/** As the version's own proxies say, else as the waypoint does; never both. */
function sizesOf(series: readonly InstantSeries[], watched: Watched, version: Version): Sizes {
  const [own, waypoint] = REPORTERS.map((reporter) => {
    const keys = workloadKeys('requests', reporter, watched, version);
    return gathered(series.filter(({ metric }) => keys.includes(workloadKey(metric))));
  }) as [Sizes, Sizes];
  return own.responses > 0 ? own : waypoint;
}

function gathered(series: readonly InstantSeries[]): Sizes {
  const sums = new Map<string, number>();
  for (const { metric, value } of series) {
    const le = metric['le'] ?? '';
    sums.set(le, (sums.get(le) ?? 0) + numberOf(value?.[1] ?? '0'));
  }
  const within = [...sums]
    .filter(([le]) => le !== SUM)
    .map(([le, count]): Bucket => [numberOf(le), count])
    .filter(([bound]) => Number.isFinite(bound))
    .sort(([a], [b]) => a - b);
  return { responses: sums.get('+Inf') ?? 0, bytes: sums.get(SUM) ?? 0, within };
}

/** Undefined where there are no bounds to compare at. */
function shiftBetween(canary: Sizes, primary: Sizes): Shift | undefined {
  const theirs = new Map(primary.within);
  const bounds = canary.within.filter(([bound]) => theirs.has(bound));
  const shifts = bounds.slice(1).flatMap(([larger, ours], i): Shift[] => {
    const [smaller, below] = bounds[i] ?? [larger, ours];
    const of = (side: Shift['side'], bound: number, bad: number, primaryBound: number): Shift => {
      const within = theirs.get(primaryBound) ?? 0;
      const theirBad = side === 'at most' ? within : primary.responses - within;
      const counts = {
        canary: { requests: canary.responses, bad: Math.max(0, bad) },
        primary: { requests: primary.responses, bad: Math.max(0, theirBad) },
      };
      return { side, bound, primaryBound, counts };
    };
    return [
      of('at most', smaller, below, larger),
      of('above', larger, canary.responses - ours, smaller),
    ];
  });
  return shifts.toSorted((a, b) => differenceIn(b) - differenceIn(a))[0];
}

function differenceIn({ counts: { canary, primary } }: Shift): number {
  const share = ({ requests, bad }: Counts['canary']) => bad / requests;
  return share(canary) - share(primary);
}

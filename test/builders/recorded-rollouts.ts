import type { Canary } from '../../src/api/canary.ts';
import { Random } from '../../scripts/verdicts/random.ts';
import { answeredBy } from './mesh-metrics.ts';
import { BUCKETS, canaryOf, DURATIONS, REQUESTS } from './scraped-mesh.ts';

/** A weight: when it was decided and when every proxy obeyed it, in milliseconds since 1970. */
export interface Decided {
  readonly weight: number;
  readonly writtenAt: number;
  readonly carriedAt: number;
}

export interface RecordedRollout {
  readonly canary: Canary;
  readonly shifts: readonly Decided[];
  readonly samples: readonly Sampled[];
}

/** A series, and its samples in milliseconds. */
export interface Sampled {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [at: number, value: number])[];
}

/**
 * A rollout as life has them: some versions fail or are slow, pods start over, go and come back with
 * other counters or with the same ones after a silence, scrapes become rarer, waypoints report
 * before sidecars do, and nobody calls.
 */
export function recordedRollout(seed: number, from: number, until: number): RecordedRollout {
  const random = new Random(seed);
  const name = `recorded-${seed}`;
  const canary = canaryOf(name, [{ name: 'request-success-rate', thresholdRange: { min: 99 } }]);
  const shifts = shiftsOf(random, from, until);
  const rate = random.next() < 0.1 ? 0 : Math.exp(random.next() * 5 + 1);
  const base = [0, 0, 0.002, 0.02][random.below(4)]!;
  const outage = random.next() < 0.15 ? from + random.next() * (until - from) : Infinity;
  const fault = [0, 0, 0, 0, 0, 0.05, 0.2, 1][random.below(8)]!;
  const slowness = random.next() < 0.2 ? 0.3 : 0;
  const reporters = REPORTERS[random.below(REPORTERS.length)]!;
  const of = (isCanary: boolean) => {
    const share = (at: number) => {
      const weight = shifts.findLast(({ writtenAt }) => writtenAt + 700 <= at)?.weight ?? 0;
      return (isCanary ? weight : 100 - weight) / 100;
    };
    const failing = (at: number) =>
      Math.min(1, base + (isCanary ? fault : 0) + (at > outage && at < outage + 40_000 ? 0.3 : 0));
    const plan = { rate: (at: number) => rate * share(at), failing, slow: isCanary ? slowness : 0 };
    const begin = isCanary ? shifts[0]!.writtenAt - 5000 * random.below(3) : from - 120_000;
    const workload = isCanary ? name : `${name}-primary`;
    return reporters.flatMap(([reporter, late]) =>
      podsOf(random, { workload, reporter, begin: begin + late * 60_000, until, plan }),
    );
  };
  const losses = lossesOf(random, name, from, until);
  return { canary, shifts, samples: [...of(true), ...of(false), ...losses] };
}

/** Who reports, and after how many minutes. */
const REPORTERS: readonly (readonly (readonly [string, number])[])[] = [
  [['destination', 0]],
  [['destination', 0]],
  [['destination', 0]],
  [['waypoint', 0]],
  [
    ['waypoint', 0],
    ['destination', 2.5],
  ],
];

function shiftsOf(random: Random, from: number, until: number): Decided[] {
  const shifts: Decided[] = [];
  let at = from + random.next() * 40_000;
  let weight = 0;
  while (at < until - 20_000 && weight < 90) {
    weight += 1 + random.below(30);
    const writtenAt = Math.round(at);
    const carriedAt = writtenAt + 1000 + random.below(7000);
    shifts.push({ weight: Math.min(weight, 100), writtenAt, carriedAt });
    at = carriedAt + 12_000 + random.next() * 80_000;
  }
  return shifts;
}

interface Plan {
  readonly rate: (at: number) => number;
  readonly failing: (at: number) => number;
  readonly slow: number;
}

interface Served {
  readonly workload: string;
  readonly reporter: string;
  readonly begin: number;
  readonly until: number;
  readonly plan: Plan;
}

function podsOf(random: Random, { workload, reporter, begin, until, plan }: Served): Sampled[] {
  const pods = 1 + random.below(2);
  return Array.from({ length: pods }, (_, i) => {
    const labels = { reporter, pod: `${reporter}-${i}` };
    const shared = { ...plan, rate: (at: number) => plan.rate(at) / pods };
    const leaves = random.next() < 0.2 ? begin + random.next() * (until - begin) : Infinity;
    const first = podOf(random, workload, labels, begin, Math.min(until, leaves), shared);
    if (leaves === Infinity) return first;
    const other = { reporter, pod: `${reporter}-${i}-next` };
    return [...first, ...podOf(random, workload, other, leaves + 4000, until, shared)];
  }).flat();
}

const BOUNDS = ['5', '25', '100', '500', '+Inf'] as const;

interface Counters {
  good: number;
  bad: number;
  within: number[];
}

const none = (): Counters => ({ good: 0, bad: 0, within: BOUNDS.map(() => 0) });

/** Its counters as they are scraped, at moments of its own. */
function podOf(
  random: Random,
  workload: string,
  labels: Record<string, string>,
  begin: number,
  until: number,
  plan: Plan,
): Sampled[] {
  const silent = random.next() < 0.3 ? begin + random.next() * (until - begin) : Infinity;
  const silence = 10_000 + random.next() * 80_000;
  const resetAt = random.next() < 0.3 ? begin + random.next() * (until - begin) : Infinity;
  const slowerAt = random.next() < 0.15 ? begin + random.next() * (until - begin) : Infinity;
  const seen: [number, Counters][] = [];
  let counters = none();
  let before = begin;
  for (let at = begin + random.next() * 5000; at < until; at += at > slowerAt ? 15_000 : 5000) {
    if (before < resetAt && at >= resetAt) counters = none();
    counters = served(random, counters, plan, before, at);
    before = at;
    const isAway = at > silent && at < silent + silence;
    if (!isAway) seen.push([Math.round(at), counters]);
  }
  const series = (name: string, more: Record<string, string>, value: (of: Counters) => number) => ({
    name,
    labels: answeredBy(workload, { ...labels, ...more }),
    values: seen.map(([at, of]) => [at, value(of)] as const),
  });
  const failed = series(REQUESTS, { response_code: '503' }, ({ bad }) => bad);
  return [
    series(REQUESTS, {}, ({ good }) => good),
    // Like any proxy's: not before the first of its kind.
    { ...failed, values: failed.values.filter(([, value]) => value > 0) },
    series(DURATIONS, {}, ({ good }) => good),
    ...BOUNDS.map((le, i) => series(BUCKETS, { le }, ({ within }) => within[i]!)),
  ];
}

function served(random: Random, was: Counters, plan: Plan, from: number, to: number): Counters {
  const requests = random.poisson((plan.rate(to) * (to - from)) / 1000);
  const bad = Math.min(requests, random.poisson(requests * plan.failing(to)));
  const good = requests - bad;
  const slow = Math.min(good, random.poisson(good * (0.02 + plan.slow)));
  const quick = Math.min(good - slow, random.poisson((good - slow) * 0.6));
  const within = [0, quick, good - slow, good, good];
  return {
    good: was.good + good,
    bad: was.bad + bad,
    within: was.within.map((count, i) => count + within[i]!),
  };
}

/** What callers saw fail that reached no workload. */
function lossesOf(random: Random, name: string, from: number, until: number): Sampled[] {
  if (random.next() < 0.85) return [];
  const values: [number, number][] = [];
  let lost = 0;
  for (let at = from + random.next() * 5000; at < until; at += 5000) {
    lost += random.next() < 0.1 ? 1 + random.below(3) : 0;
    if (lost > 0) values.push([Math.round(at), lost]);
  }
  const service = random.next() < 0.5 ? `${name}-canary` : `${name}-primary`;
  const why = { reporter: 'source', destination_service_name: service, response_code: '503' };
  return [
    { name: REQUESTS, labels: answeredBy('unknown', { ...why, response_flags: 'UH' }), values },
  ];
}

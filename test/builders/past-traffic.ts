import { Random } from '../../scripts/verdicts/random.ts';
import { answeredBy } from './mesh-metrics.ts';
import type { Sampled } from './recorded-rollouts.ts';
import { BUCKETS, DURATIONS, REQUESTS } from './scraped-mesh.ts';

/** A version in the middle of a history: it gets these shares, one after the other. */
export interface Release {
  /** Minutes after the history begins. */
  readonly at: number;
  /** Percent, a step of `stepMinutes` each. */
  readonly weights: readonly number[];
  readonly stepMinutes?: number;
  /** Added to the share of its requests that fail. */
  readonly fails?: number;
  /** Share of its requests that take longer than 100 ms, instead of 2 %. */
  readonly slow?: number;
}

/** Something that strikes both versions, for two minutes. */
export interface Outage {
  readonly at: number;
  readonly fails: number;
}

export interface PastTraffic {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly releases: readonly Release[];
  readonly outages?: readonly Outage[];
  readonly requestsPerSecond?: number;
  readonly scrapeMs?: number;
  readonly seed?: number;
  /** Pods of the primary, one after the other: how many minutes each lives; default for ever. */
  readonly primaryPodMinutes?: number;
  /** Nobody scraped in these spans, in minutes. */
  readonly gaps?: readonly (readonly [number, number])[];
}

/** How an exporter names what it counts. */
export interface Exporter {
  readonly canary: string;
  readonly primary: string;
  readonly hasHistograms?: boolean;
  /** Labels of a series, made of those that a sidecar writes. */
  readonly labels?: (sidecars: Labels) => Labels;
}

type Labels = Readonly<Record<string, string>>;

const MINUTE_MS = 60_000;
const BASE_ERRORS = 0.001;
const BASE_SLOW = 0.02;
const PODS = 2;
const BOUNDS = [100, 500] as const;

/**
 * What a store would hold of a workload and its primary: counters of pods that come and go one after
 * the other, scraped at moments of their own.
 */
export function pastTraffic(traffic: PastTraffic, exporter: Exporter): Sampled[] {
  const random = new Random(traffic.seed ?? 1);
  const primary = primaryPods(traffic).flatMap((pod) =>
    podSeries(random, traffic, { ...exporter, workload: exporter.primary }, pod),
  );
  const canary = traffic.releases.flatMap((release, i) =>
    Array.from({ length: PODS }, (_, n) => canaryPod(traffic, release, `canary-${i}-${n}`)).flatMap(
      (pod) => podSeries(random, traffic, { ...exporter, workload: exporter.canary }, pod),
    ),
  );
  return [...primary, ...canary];
}

/** `up` of whatever is scraped, without which a store looks as if it had begun just now. */
export function upThroughout(from: number, to: number, everyMs = 15_000): Sampled {
  const values = Array.from({ length: Math.floor((to - from) / everyMs) }, (_, i) => {
    return [from + i * everyMs, 1] as const;
  });
  return { name: 'up', labels: { job: 'mesh', instance: 'mesh:15090' }, values };
}

interface Pod {
  readonly name: string;
  readonly from: number;
  readonly until: number;
  /** Share of all requests at a time. */
  readonly share: (at: number) => number;
  readonly fails: number;
  readonly slow: number;
}

function primaryPods(traffic: PastTraffic): Pod[] {
  const { from, to, primaryPodMinutes = Infinity } = traffic;
  const share = (at: number) => (1 - weightAt(traffic, at)) / PODS;
  const lifeMs = Math.min(primaryPodMinutes * MINUTE_MS, to - from);
  const lives = Array.from({ length: Math.ceil((to - from) / lifeMs) }, (_, i) => i);
  return lives.flatMap((life) =>
    Array.from({ length: PODS }, (_, n) => ({
      name: `primary-${life}-${n}`,
      // One after the other, as a rolling update does it.
      from: Math.max(from, from + life * lifeMs + (life === 0 ? 0 : n * 20_000)),
      until: Math.min(to, from + (life + 1) * lifeMs + n * 20_000),
      share,
      fails: 0,
      slow: BASE_SLOW,
    })),
  );
}

function canaryPod(traffic: PastTraffic, release: Release, name: string): Pod {
  const from = traffic.from + release.at * MINUTE_MS;
  return {
    name,
    from: Math.max(traffic.from, from - MINUTE_MS),
    until: Math.min(traffic.to, from + lengthOf(release) + MINUTE_MS),
    share: (at) => weightOf(traffic, release, at) / PODS,
    fails: release.fails ?? 0,
    slow: release.slow ?? BASE_SLOW,
  };
}

function lengthOf({ weights, stepMinutes = 2 }: Release): number {
  return weights.length * stepMinutes * MINUTE_MS;
}

/** From 0 to 1. */
function weightOf({ from }: PastTraffic, release: Release, at: number): number {
  const { weights, stepMinutes = 2 } = release;
  const step = Math.floor((at - from - release.at * MINUTE_MS) / (stepMinutes * MINUTE_MS));
  return (weights[step] ?? 0) / 100;
}

function weightAt(traffic: PastTraffic, at: number): number {
  return traffic.releases.reduce((sum, release) => sum + weightOf(traffic, release, at), 0);
}

interface Counted {
  good: number;
  bad: number;
  readonly within: number[];
}

/** Counters of one pod. Its rate is that of the moment in the middle of two scrapes. */
function podSeries(
  random: Random,
  traffic: PastTraffic,
  exporter: Exporter & { readonly workload: string },
  pod: Pod,
): Sampled[] {
  const { scrapeMs = 15_000 } = traffic;
  const counted: Counted = { good: 0, bad: 0, within: BOUNDS.map(() => 0) };
  const samples: (readonly [at: number, good: number, bad: number, within: readonly number[]])[] =
    [];
  const phase = Math.floor(random.next() * scrapeMs);
  let before = pod.from;
  for (let at = pod.from + phase; at < pod.until; at += scrapeMs) {
    // In seconds: a weight changes between two scrapes.
    for (let moment = before; moment < at; moment += 1000) {
      count(random, counted, traffic, pod, moment, Math.min(1000, at - moment));
    }
    before = at;
    if (!isInGap(traffic, at)) samples.push([at, counted.good, counted.bad, [...counted.within]]);
  }
  return seriesOf(samples, exporter, pod.name);
}

function isInGap({ from, gaps = [] }: PastTraffic, at: number): boolean {
  const minute = (at - from) / MINUTE_MS;
  return gaps.some(([begin, end]) => minute >= begin && minute < end);
}

function count(
  random: Random,
  counted: Counted,
  traffic: PastTraffic,
  pod: Pod,
  at: number,
  ms: number,
): void {
  const { requestsPerSecond = 50 } = traffic;
  const requests = random.poisson((requestsPerSecond * pod.share(at) * ms) / 1000);
  const failing = Math.min(1, BASE_ERRORS + pod.fails + outageAt(traffic, at));
  const bad = hits(random, requests, failing);
  const good = requests - bad;
  const slow = hits(random, good, pod.slow);
  counted.good += good;
  counted.bad += bad;
  for (const [i] of BOUNDS.entries()) counted.within[i]! += i === 0 ? good - slow : good;
}

/** How many of so many, each with the same probability. */
function hits(random: Random, of: number, probability: number): number {
  let found = 0;
  for (let i = 0; i < of; i += 1) if (random.next() < probability) found += 1;
  return found;
}

function outageAt({ from, outages = [] }: PastTraffic, at: number): number {
  const minute = (at - from) / MINUTE_MS;
  return outages.find((outage) => minute >= outage.at && minute < outage.at + 2)?.fails ?? 0;
}

function seriesOf(
  samples: readonly (readonly [number, number, number, readonly number[]])[],
  { workload, hasHistograms = true, labels = (own) => own }: Exporter & { workload: string },
  pod: string,
): Sampled[] {
  const series = (name: string, more: Labels, values: Sampled['values']): Sampled => ({
    name,
    labels: { ...labels(answeredBy(workload, more)), pod },
    values,
  });
  const good = samples.map(([at, value]) => [at, value] as const);
  const bad = samples.map(([at, , value]) => [at, value] as const);
  const requests = [
    series(REQUESTS, {}, good),
    // Like any proxy's: not before the first of its kind.
    series(
      REQUESTS,
      { response_code: '503' },
      bad.filter(([, value]) => value > 0),
    ),
  ];
  if (!hasHistograms) return requests;
  const buckets = [...BOUNDS.map(String), '+Inf'].map((le, i) =>
    series(
      BUCKETS,
      { le },
      samples.map(([at, all, , within]) => [at, within[i] ?? all] as const),
    ),
  );
  return [...requests, series(DURATIONS, {}, good), ...buckets];
}

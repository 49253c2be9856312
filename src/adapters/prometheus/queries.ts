import type { Unit } from '../../api/counted-units.ts';
import type { Labels } from './answer.ts';
import {
  ANSWERS,
  BY_OWN,
  BY_REPORTERS,
  counterOf,
  LOSS_LABELS,
  LOSSES,
  REQUEST_LABELS,
  UNITS,
  WORKLOAD_LABELS,
} from './counters.ts';
import type { Watched } from './watched.ts';

/** The queries of one sweep: as many for one canary as for a thousand. */
export interface SweepQueries {
  /** Answers of each workload, and connections to it, by how they ended. */
  readonly requests: string;
  /** What callers' proxies saw fail that no workload may have reported, by Service. */
  readonly losses: string;
  /** Durations of successful requests of each workload so far, by bucket. */
  readonly durationSums: string;
  /** How many durations of each workload there were. */
  readonly durationCounts: string;
  /** 1 at a block before which the store had no samples at all: it cannot tell old from new. */
  readonly gaps: string;
  /** Instant: how the store scrapes, each workload too, and how fast istiod is; by label `fact`. */
  readonly facts: string;
}

/**
 * Counters grow between two fixed instants by what each series had last before the second, less what
 * it had last before the first. Unlike `increase`, this counts the first value of a newborn series,
 * loses nothing between blocks, and extrapolates nothing. A counter that fell has started over.
 *
 * @param blockMs length of a block, in whole seconds.
 */
export function sweepQueries(watched: readonly Watched[], blockMs: number): SweepQueries {
  const block = `${blockMs / 1000}s`;
  const workload = workloadMatchers(watched);
  const grown = (selector: string) => growth(selector, block);
  const each = (query: (unit: Unit, of: readonly Watched[]) => string) =>
    countedIn(watched).map(([unit, of]) => query(unit, of));
  const successful = `{${[BY_REPORTERS, SUCCESSFUL, ...workload].join(',')}}`;
  return {
    requests: each((unit, of) => ANSWERS[unit](workloadMatchers(of), grown)).join(' or '),
    losses: each((unit, of) => LOSSES[unit](serviceMatchers(of), grown)).join(' or '),
    durationSums: `sum by (${DURATION_LABELS}) (${BUCKETS}${successful})`,
    durationCounts: `sum by (${WORKLOAD_LABELS}) (${grown(COUNTS + successful)}) > 0`,
    gaps: gapsQuery(block),
    facts: factsQuery(each((unit, of) => answered(unit, of))),
  };
}

/**
 * The same of everything there is, for rules that record it: what grew within `blockS` seconds, as of
 * `backS` seconds ago.
 */
export function growthQueries(blockS: number, backS: number) {
  const grown = (selector: string) => growth(selector, `${blockS}s`, backS, blockS + backS);
  return {
    requests: UNITS.map((unit) => ANSWERS[unit]([], grown)).join(' or '),
    losses: UNITS.map((unit) => LOSSES[unit]([], grown)).join(' or '),
    durations: `sum by (${DURATION_LABELS}) (${grown(`${BUCKETS}{${BY_REPORTERS},${SUCCESSFUL}}`)})`,
  };
}

/**
 * What such rules have recorded. Their samples were written `backS` seconds after what they speak of.
 *
 * @param names of the recorded series.
 */
export function recordedQueries(
  watched: readonly Watched[],
  blockMs: number,
  { requests, losses, durations }: Record<'requests' | 'losses' | 'durations', string>,
  backS: number,
) {
  const series = `{${[BY_REPORTERS, ...workloadMatchers(watched)].join(',')}}`;
  const lost = `{${serviceMatchers(watched).join(',')}}`;
  const grown = (series: string) =>
    `sum_over_time(${series}[${blockMs / 1000}s] offset -${backS}s)`;
  const own = `{${[BY_OWN, ...workloadMatchers(watched)].join(',')}}`;
  return {
    requests: `sum by (${REQUEST_LABELS}) (${grown(requests + series)})`,
    losses: `sum by (${LOSS_LABELS},request_protocol) (${grown(losses + lost)}) > 0`,
    durations: `sum by (${DURATION_LABELS}) (${grown(durations + series)})`,
    own: `group by (${WORKLOAD_LABELS}) (last_over_time(${requests}${own}[${MEMORY}] offset -${backS}s))`,
    gaps: gapsQuery(`${blockMs / 1000}s`),
    facts: factsQuery([requests + series]),
  };
}

/** Durations of a few workloads, bucket by bucket and series by series. */
export function exactDurations(workloads: readonly Labels[], blockMs: number): string {
  const named = (label: string) => workloads.map((labels) => labels[label] ?? '');
  const selector = [
    BY_REPORTERS,
    SUCCESSFUL,
    ...matcher('destination_workload_namespace', named('destination_workload_namespace')),
    ...matcher('destination_workload', named('destination_workload')),
  ].join(',');
  const grown = growth(`${BUCKETS}{${selector}}`, `${blockMs / 1000}s`);
  return `sum by (${DURATION_LABELS}) (${grown})`;
}

/**
 * Workloads whose own proxies have reported anything lately, at each block. Only where waypoints
 * report as well there is a choice.
 */
export function ownReports(watched: readonly Watched[]): string {
  const selector = [BY_OWN, ...workloadMatchers(watched)].join(',');
  return `group by (${WORKLOAD_LABELS}) (last_over_time(istio_requests_total{${selector}}[${MEMORY}]))`;
}

/** Milliseconds at the 99th percentile of each workload, for people: a sweep takes the buckets apart. */
export function durationQuantile(watched: Watched, spanMs: number): string {
  const selector = [BY_REPORTERS, SUCCESSFUL, ...workloadMatchers([watched])].join(',');
  const grown = growth(`${BUCKETS}{${selector}}`, `${spanMs / 1000}s`);
  return `histogram_quantile(0.99, sum by (${DURATION_LABELS}) (${grown}))`;
}

/**
 * Samples of the most often scraped counter of a canary's workloads within a minute.
 *
 * @param recorded name of the series that are read instead.
 */
export function samplesQuery(watched: Watched, recorded?: string): string {
  const selectors =
    recorded === undefined
      ? countedIn([watched]).map(([unit, of]) => answered(unit, of))
      : [`${recorded}{${[BY_REPORTERS, ...workloadMatchers([watched])].join(',')}}`];
  return `max(${samplesIn(selectors, '1m')})`;
}

/** Selects the counter of what came to the workloads of some canaries. */
export function answered(unit: Unit, watched: readonly Watched[]): string {
  return counterOf(unit, workloadMatchers(watched));
}

/** Canaries by what is counted of them: where nobody's connections are, no query speaks of them. */
export function countedIn(watched: readonly Watched[]): (readonly [Unit, readonly Watched[]])[] {
  return UNITS.map(
    (unit) => [unit, watched.filter(({ units }) => units.includes(unit))] as const,
  ).filter(([, of]) => of.length > 0);
}

const DURATION_LABELS = `${WORKLOAD_LABELS},le`;
const BUCKETS = 'istio_request_duration_milliseconds_bucket';
const COUNTS = 'istio_request_duration_milliseconds_count';

/** A series that was away for longer than this comes back as a new one. */
const MEMORY = '10m';

function gapsQuery(block: string): string {
  return `(count(up) > bool 0) unless count(last_over_time(up[${MEMORY}] offset ${block}))`;
}

/**
 * What each series of a counter grew by in a block, the first value of a newborn one included.
 *
 * @param backS seconds ago at which the block ended, and `beforeS` at which it began.
 */
export function growth(selector: string, block: string, backS = 0, beforeS = 0): string {
  const now = `last_over_time(${selector}[${block}]${backS === 0 ? '' : ` offset ${backS}s`})`;
  const since = beforeS === 0 ? block : `${beforeS}s`;
  const before = `last_over_time(${selector}[${MEMORY}] offset ${since})`;
  return `(${now} - (${before} or ${now} * 0)) >= 0 or ${now}`;
}

/** What was answered with success; meshes that lack these labels pass too. */
export const SUCCESSFUL = 'response_code!~"0|[45]..",grpc_response_status=~"0?"';

/** Envoy tries to reach its control plane again after at most half a minute, each proxy for itself. */
const RECONNECTED = '30s';

function factsQuery(counters: readonly string[]): string {
  const facts = {
    samples: `max(count_over_time(up[10s])) or max(${samplesIn(counters, '10s')})`,
    scrapes: `max by (destination_workload_namespace, destination_workload) (${samplesIn(counters, '1m')})`,
    scrape: `max(scrape_duration_seconds and on (job, instance) (${counters.join(' or ')}))`,
    // Proxies that istiod speaks to. A target that is not found ends its series at once: then 0
    // stands for those that there were before. And until all of them had time to come back.
    istiod: `min_over_time((sum(pilot_xds) > 0 or (sum(max_over_time(pilot_xds[1h])) > 0) * 0)[${RECONNECTED}:5s])`,
    convergence:
      'histogram_quantile(0.99, sum by (le) (rate(pilot_proxy_convergence_time_bucket[5m])))',
  };
  return Object.entries(facts)
    .map(([fact, query]) => `label_replace(${query}, "fact", "${fact}", "", "")`)
    .join(' or ');
}

function samplesIn(counters: readonly string[], span: string): string {
  return counters.map((counter) => `count_over_time(${counter}[${span}])`).join(' or ');
}

/** Of both versions; none of so many that a list of them would be too long. */
export function workloadMatchers(watched: readonly Watched[]): string[] {
  const workloads = watched.flatMap(({ canary, primary }) => [
    ...canary.workloads,
    ...primary.workloads,
  ]);
  return [
    ...matcher('destination_workload_namespace', namespacesOf(watched)),
    ...matcher('destination_workload', workloads),
  ];
}

function serviceMatchers(watched: readonly Watched[]): string[] {
  const services = watched.flatMap(({ canary, primary }) => [
    ...canary.services,
    ...primary.services,
  ]);
  return [
    ...matcher('destination_service_namespace', namespacesOf(watched)),
    ...matcher('destination_service_name', services),
  ];
}

function namespacesOf(watched: readonly Watched[]): string[] {
  return watched.map(({ namespace }) => namespace);
}

/**
 * Up to 256 literals Prometheus looks up in its index; beyond, it would try a long expression on
 * every value there is, and the list would soon be longer than the answer: what nobody watches is
 * then left out on our side.
 */
function matcher(label: string, values: readonly string[]): string[] {
  const literals = [...new Set(values.map(escapeLiteral))];
  return literals.length > MOST_VALUES ? [] : [`${label}=~"${literals.sort().join('|')}"`];
}

const MOST_VALUES = 256;

/** A literal inside an expression inside a string of PromQL. */
export function escapeLiteral(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, String.raw`\\$&`);
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Canary } from '../api/canary.ts';
import { Outcome, type Phase } from '../api/status.ts';
import type { CanaryKey } from '../ports/canaries.ts';

/** What one metric is, for the registry and for docs/reference/metrics.md. */
interface Described<Labels extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Labels[];
}

/** Every metric of Linnet's own. Units are in the names. */
export const METRICS = {
  buildInfo: {
    name: 'linnet_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
  },
  canaries: { name: 'linnet_canaries', help: 'Canaries by phase.', labelNames: ['phase'] },
  weight: {
    name: 'linnet_canary_weight_percent',
    help: 'Percent of traffic that the canary must get now.',
    labelNames: ['namespace', 'name'],
  },
  failedChecks: {
    name: 'linnet_canary_failed_checks',
    help: 'Failed checks of the present rollout.',
    labelNames: ['namespace', 'name'],
  },
  rollouts: {
    name: 'linnet_rollouts_total',
    help: 'Rollouts that ended, by outcome, as seen by this replica.',
    labelNames: ['namespace', 'name', 'outcome'],
  },
  reconcileSeconds: {
    name: 'linnet_reconcile_duration_seconds',
    help: 'Time that one look at one canary takes.',
    labelNames: [],
  },
  reconcileErrors: {
    name: 'linnet_reconcile_errors_total',
    help: 'Looks that ended in an error and are tried again.',
    labelNames: ['kind'],
  },
  latenessSeconds: {
    name: 'linnet_reconcile_lateness_seconds',
    help: 'Time from when a look was due to when it began.',
    labelNames: [],
  },
  inProgress: {
    name: 'linnet_reconciles_in_progress',
    help: 'Looks that this replica is at right now.',
    labelNames: [],
  },
  kubeRequests: {
    name: 'linnet_kube_requests_total',
    help: 'Requests to the Kubernetes API; code 0: no answer.',
    labelNames: ['method', 'resource', 'code'],
  },
  kubeThrottled: {
    name: 'linnet_kube_throttled_seconds_total',
    help: 'Time that requests waited for the client-side rate limit.',
    labelNames: [],
  },
  messages: {
    name: 'linnet_messages_total',
    help: 'Attempts to deliver a message, by outcome.',
    labelNames: ['outcome'],
  },
  doubled: {
    name: 'linnet_doubled_effects_total',
    help: 'Messages delivered and webhooks called that a replica had delivered or called before.',
    labelNames: ['effect'],
  },
  lookedAt: {
    name: 'linnet_canary_looked_at_timestamp_seconds',
    help: 'When this replica last looked at a canary that has a rollout under way.',
    labelNames: ['namespace', 'name'],
  },
  remembered: {
    name: 'linnet_remembered_canaries',
    help: 'Canaries of which this replica remembers anything: never more than there are, for long.',
    labelNames: [],
  },
  redisAnswering: {
    name: 'linnet_redis_answering',
    help: '1 while Redis answers; 0 while this replica works by itself.',
    labelNames: [],
  },
  watchStale: {
    name: 'linnet_watch_stale',
    help: '1 while a watch has been silent too long and is listed anew.',
    labelNames: [],
  },
  sweepAge: {
    name: 'linnet_sweep_age_seconds',
    help: 'Age of the newest sweep of the built-in metrics.',
    labelNames: [],
  },
} as const satisfies Record<string, Described>;

/** Flagger's names, so that existing dashboards and alerts go on (`--flagger-metrics`). */
export const FLAGGER_METRICS = {
  info: {
    name: 'flagger_info',
    help: 'Always 1; version and mesh are in the labels.',
    labelNames: ['version', 'mesh_provider'],
  },
  total: {
    name: 'flagger_canary_total',
    help: 'Canaries in a namespace.',
    labelNames: ['namespace'],
  },
  status: {
    name: 'flagger_canary_status',
    help: '0 running, 1 succeeded, 2 failed.',
    labelNames: ['name', 'namespace'],
  },
  weight: {
    name: 'flagger_canary_weight',
    help: 'Percent of traffic of a workload.',
    labelNames: ['workload', 'namespace'],
  },
  successes: {
    name: 'flagger_canary_successes_total',
    help: 'Promoted rollouts.',
    labelNames: ['name', 'namespace'],
  },
  failures: {
    name: 'flagger_canary_failures_total',
    help: 'Rollouts taken back.',
    labelNames: ['name', 'namespace'],
  },
} as const satisfies Record<string, Described>;

/** Durations of looks and lateness, from a millisecond to half a minute. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What this process counts, and what it says of its canaries when it is scraped. */
export class Metrics {
  readonly registry = new Registry();
  readonly rollouts = this.counter(METRICS.rollouts);
  readonly reconcileSeconds = this.histogram(METRICS.reconcileSeconds);
  readonly reconcileErrors = this.counter(METRICS.reconcileErrors);
  readonly latenessSeconds = this.histogram(METRICS.latenessSeconds);
  readonly kubeRequests = this.counter(METRICS.kubeRequests);
  readonly kubeThrottled = this.counter(METRICS.kubeThrottled);
  readonly messages = this.counter(METRICS.messages);
  readonly doubled = this.counter(METRICS.doubled);
  private readonly flagger: FlaggerCounters | undefined;

  constructor(sources: Sources) {
    this.gauge(METRICS.buildInfo, (gauge) => gauge.set({ version: sources.version }, 1));
    this.gauge(METRICS.canaries, (gauge) => countPhases(gauge, sources.canaries()));
    this.gauge(METRICS.weight, (gauge) =>
      perCanary(gauge, sources, (c) => c.status?.canaryWeight ?? 0),
    );
    this.gauge(METRICS.failedChecks, (gauge) =>
      perCanary(gauge, sources, (c) => c.status?.failedChecks ?? 0),
    );
    this.gauge(METRICS.inProgress, (gauge) => gauge.set(sources.inProgress()));
    this.gauge(METRICS.lookedAt, (gauge) => underWay(gauge, sources));
    this.gauge(METRICS.remembered, (gauge) => gauge.set(sources.remembered()));
    this.gauge(METRICS.redisAnswering, (gauge) => gauge.set(Number(sources.redisAnswering())));
    this.gauge(METRICS.watchStale, (gauge) => gauge.set(Number(sources.watchStale())));
    this.gauge(METRICS.sweepAge, (gauge) => gauge.set(sources.sweepAgeMs() / 1000));
    for (const effect of EFFECTS) this.doubled.inc({ effect }, 0);
    if (sources.flaggerNames) this.flagger = this.addFlaggerNames(sources);
  }

  /** A rollout has just ended, by a plan that this process stored. */
  rolloutEnded({ metadata: { namespace, name } }: Canary, outcome: Outcome): void {
    this.rollouts.inc({ namespace, name, outcome });
    if (outcome === 'superseded') return;
    const ended = outcome === 'promoted' ? this.flagger?.successes : this.flagger?.failures;
    ended?.inc({ namespace, name });
  }

  /** The Canary is gone, and with it all that was counted under its name. */
  forget({ namespace, name }: CanaryKey): void {
    for (const outcome of Outcome.options) this.rollouts.remove({ namespace, name, outcome });
    this.flagger?.successes.remove({ namespace, name });
    this.flagger?.failures.remove({ namespace, name });
  }

  private addFlaggerNames(sources: Sources): FlaggerCounters {
    const info = { version: sources.version, mesh_provider: 'istio' };
    this.gauge(FLAGGER_METRICS.info, (gauge) => gauge.set(info, 1));
    this.gauge(FLAGGER_METRICS.total, (gauge) => countNamespaces(gauge, sources.canaries()));
    this.gauge(FLAGGER_METRICS.status, (gauge) => perCanary(gauge, sources, flaggerStatus));
    this.gauge(FLAGGER_METRICS.weight, (gauge) => flaggerWeights(gauge, sources.canaries()));
    return {
      successes: this.counter(FLAGGER_METRICS.successes),
      failures: this.counter(FLAGGER_METRICS.failures),
    };
  }

  private counter<L extends string>(described: Described<L>): Counter<L> {
    return new Counter({ ...described, registers: [this.registry] });
  }

  private histogram<L extends string>(described: Described<L>): Histogram<L> {
    return new Histogram({ ...described, buckets: SECONDS, registers: [this.registry] });
  }

  private gauge<L extends string>(described: Described<L>, read: (gauge: Gauge<L>) => void): void {
    const collect = function (this: Gauge<L>): void {
      this.reset();
      read(this);
    };
    this.registry.registerMetric(new Gauge({ ...described, registers: [], collect }));
  }
}

interface FlaggerCounters {
  readonly successes: Counter<'name' | 'namespace'>;
  readonly failures: Counter<'name' | 'namespace'>;
}

/** Read when the metrics are scraped. */
export interface Sources {
  readonly version: string;
  readonly flaggerNames: boolean;
  readonly canaries: () => readonly Canary[];
  readonly inProgress: () => number;
  /** When this process last looked at a canary, in milliseconds since 1970. */
  readonly lookedAt: (canary: Canary) => number | undefined;
  readonly remembered: () => number;
  readonly redisAnswering: () => boolean;
  readonly watchStale: () => boolean;
  readonly sweepAgeMs: () => number;
}

function countPhases(gauge: Gauge<'phase'>, canaries: readonly Canary[]): void {
  for (const { status } of canaries) gauge.inc({ phase: status?.phase ?? 'New' });
}

function countNamespaces(gauge: Gauge<'namespace'>, canaries: readonly Canary[]): void {
  for (const { metadata } of canaries) gauge.inc({ namespace: metadata.namespace });
}

function perCanary(
  gauge: Gauge<'namespace' | 'name'>,
  { canaries }: Sources,
  value: (canary: Canary) => number,
): void {
  for (const canary of canaries()) {
    const { namespace, name } = canary.metadata;
    gauge.set({ namespace, name }, value(canary));
  }
}

/** What is not there yet cannot be asked for: these are counted from 0. */
const EFFECTS = ['message', 'hook'] as const;

/** Who works on what: of several replicas, the one that looked last. */
function underWay(gauge: Gauge<'namespace' | 'name'>, { canaries, lookedAt }: Sources): void {
  for (const canary of canaries()) {
    const at = canary.status?.stage === undefined ? undefined : lookedAt(canary);
    const { namespace, name } = canary.metadata;
    if (at !== undefined) gauge.set({ namespace, name }, at / 1000);
  }
}

function flaggerStatus({ status }: Canary): number {
  const settled: Partial<Record<Phase, number>> = { Initialized: 1, Succeeded: 1, Failed: 2 };
  return settled[status?.phase ?? 'Initializing'] ?? 0;
}

function flaggerWeights(gauge: Gauge<'workload' | 'namespace'>, canaries: readonly Canary[]): void {
  for (const { spec, metadata, status } of canaries) {
    const { namespace } = metadata;
    const weight = status?.canaryWeight ?? 0;
    gauge.set({ workload: spec.targetRef.name, namespace }, weight);
    gauge.set({ workload: `${spec.targetRef.name}-primary`, namespace }, 100 - weight);
  }
}

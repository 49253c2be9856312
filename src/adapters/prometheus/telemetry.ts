import type { Canary } from '../../api/canary.ts';
import { unitsOf } from '../../api/counted-units.ts';
import { durationMs } from '../../api/duration.ts';
import type { MetricTemplate } from '../../api/metric-template.ts';
import { type CountedMetric, isCounted, isQueried } from '../../api/metrics.ts';
import { type CanaryKey, keyText } from '../../ports/canaries.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricStores } from '../../ports/metric-stores.ts';
import type { Reach } from '../../ports/reach.ts';
import type { Measurement, Telemetry, TrafficSeen } from '../../ports/telemetry.ts';
import { measureBuiltin, trafficOf } from './builtin.ts';
import { Callers } from './callers.ts';
import type { ClientOptions } from './client.ts';
import { CountedEdges, counterGrid } from './counted.ts';
import { type CustomMetricSources, measureCustom } from './custom-metric.ts';
import { Fleet, type WatchedBy, type WorkloadsOf } from './fleet.ts';
import { type Asked, recentPeriod, stepPeriod } from './period.ts';
import { measureQueried } from './queried-metrics.ts';
import { shareSince } from './split.ts';
import type { SweepReport } from './sweep.ts';
import { type ReadSecret, TemplateClients } from './template-clients.ts';

export interface TelemetryOptions {
  /** The Prometheus of canaries and templates that name none. */
  readonly server: ClientOptions;
  readonly clock: Clock;
  /** Undefined when there is no such template. */
  readonly template: (namespace: string, name: string) => MetricTemplate | undefined;
  readonly secret: ReadSecret;
  /** Where templates of other systems are measured; without it, they are refused. */
  readonly stores?: MetricStores;
  readonly workloadsOf?: WorkloadsOf;
  /** Where servers that manifests name may be; everywhere without it. */
  readonly reach?: Reach;
  /** From 0 up to 1; for tests. */
  readonly random?: () => number;
  /** Told of every sweep, for metrics and logs. */
  readonly onSweep?: (report: SweepReport) => void;
}

export interface SweptTelemetry extends Telemetry {
  /** Reads what is new of everything that is watched. Never rejects, and never runs twice at once. */
  sweep(now: number): Promise<void>;
  /**
   * When a sweep of the default server can bring more, not before `after`; undefined while that is not
   * known.
   */
  nextBlockAt(after: number): number | undefined;
  /** The canaries whose counters are needed: those with a rollout under way. */
  setActive(canaries: readonly Canary[]): void;
  /** The Canary is gone: nothing of it is swept or kept. */
  forget(key: CanaryKey): void;
  /** Age in milliseconds of the oldest server's newest sweep; undefined before the first. */
  ageMs(now: number): number | undefined;
  close(): void;
}

/**
 * Evidence from Prometheus: built-in metrics from counters that one sweep a server keeps, whatever
 * the number of canaries, and a query of its own for each metric that has one.
 *
 * @throws TypeError when the server's URL is none.
 */
export function createTelemetry(options: TelemetryOptions): SweptTelemetry {
  const { clock, reach, random = Math.random, onSweep = () => {} } = options;
  const workloadsOf = options.workloadsOf ?? (() => undefined);
  const fleet = new Fleet({ server: options.server, workloadsOf, reach, random, onSweep });
  const clients = new TemplateClients(options.server.url, options.secret, reach);
  const edges = new CountedEdges();
  const callers = new Callers();
  const sources = sourcesOf(options, fleet, clients);
  return {
    async measure(canary, metric, since, now) {
      if (isQueried(metric)) {
        const { sweeper, watched } = fleet.watch(canary, now);
        return measureQueried(sweeper.client, canary, metric, watched, { since, now });
      }
      if (!isCounted(metric) || canary.spec.provider === 'kubernetes') {
        return measureCustom(canary, metric, since, now, sources);
      }
      const by = fleet.watch(canary, now);
      await by.sweeper.sweep(clock.now());
      return fromTheSweep(by, metric, { since, afresh: isFirstStep(canary), now });
    },
    traffic(canary) {
      const now = clock.now();
      return trafficSeen(fleet.watch(canary, now), now);
    },
    grid: (canary) => counterGrid(fleet.watch(canary, clock.now())),
    counted(canary, wanted) {
      const now = clock.now();
      return edges.since(fleet.watch(canary, now), wanted, now);
    },
    share: (canary, since, now) => shareSince(fleet.watch(canary, now), since, now),
    callers: (canary, since, now) => callers.since(fleet.watch(canary, now), since, now),
    async isSeen(canary) {
      const now = clock.now();
      const by = fleet.watch(canary, now);
      await by.sweeper.sweep(now);
      return seen(by, now);
    },
    convergenceMs: (canary) => {
      const measured = fleet.sweeperOf(canary).facts?.convergenceMs ?? 2000;
      return Math.ceil(measured) + openedLateMs(canary);
    },
    controlPlaneAway: (canary) => fleet.sweeperOf(canary).facts?.controlPlaneAway ?? false,
    sweep: (now) => fleet.sweep(now),
    nextBlockAt: (after) => fleet.defaultSweeper().nextBlockAt(after),
    setActive: (canaries) => fleet.setActive(canaries),
    forget: (key) => fleet.forget(keyText(key)),
    ageMs: (now) => oldest(fleet.sweepers.map((sweeper) => sweeper.ageMs(now))),
    close: () => {
      fleet.close();
      clients.close();
    },
  };
}

function sourcesOf(
  { template, stores }: TelemetryOptions,
  fleet: Fleet,
  clients: TemplateClients,
): CustomMetricSources {
  return {
    template,
    stores,
    defaultClient: (canary) => fleet.sweeperOf(canary).client,
    templateClient: async (found) =>
      namesNoServer(found) ? fleet.defaultSweeper().client : clients.clientOf(found),
  };
}

/** A template that says nothing of a server means the controller's, with its credentials. */
function namesNoServer({ spec }: MetricTemplate): boolean {
  const { address, secretRef, headers } = spec.provider;
  return address === undefined && secretRef === undefined && headers === undefined;
}

/** Whoever called the canary before, by its own Service, may have found no pod that was ready. */
function isFirstStep({ status }: Canary): boolean {
  return status?.step?.index === 1;
}

function fromTheSweep(
  by: WatchedBy,
  metric: CountedMetric,
  asked: Omit<Asked, 'intervalMs'>,
): Measurement {
  const found = stepPeriod(by, { intervalMs: durationMs(metric.interval), ...asked });
  if ('kind' in found) return found;
  return measureBuiltin(metric.name, by.sweeper.ledger, by.watched, found);
}

function trafficSeen({ sweeper, watched }: WatchedBy, now: number): TrafficSeen | undefined {
  const { ledger } = sweeper;
  const period = recentPeriod(ledger, watched);
  const ageMs = sweeper.ageMs(now);
  const isSeen = ledger.isSeen(watched, watched.canary) || ledger.isSeen(watched, watched.primary);
  if (period === undefined || ageMs === undefined || !isSeen) return undefined;
  return {
    canary: trafficOf(ledger, watched, watched.canary, period),
    primary: trafficOf(ledger, watched, watched.primary, period),
    ageMs,
  };
}

/**
 * Proxies tell of a connection up to five seconds after it was opened: until then, what they tell was
 * divided by the weight before.
 */
function openedLateMs({ spec }: Canary): number {
  return unitsOf(spec).includes('connections') ? 5000 : 0;
}

/** That nothing was seen can only be told once there was time to see it. */
function seen({ sweeper, watched }: WatchedBy, now: number): boolean | undefined {
  const { ledger } = sweeper;
  if ([watched.canary, watched.primary].some((version) => ledger.isSeen(watched, version))) {
    return true;
  }
  const covered = ledger.coveredFrom(watched.key);
  const age = sweeper.ageMs(now);
  if (covered === undefined || ledger.newest === undefined || age === undefined) return undefined;
  return age < SEEN_MS && ledger.newest - covered >= SEEN_MS ? false : undefined;
}

/** Nobody scrapes less often than this. */
const SEEN_MS = 60_000;

function oldest(ages: readonly (number | undefined)[]): number | undefined {
  const known = ages.filter((age) => age !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

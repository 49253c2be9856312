import { readFileSync } from 'node:fs';
import { createMetricStores } from '../adapters/metric-stores/metric-stores.ts';
import { createTelemetry } from '../adapters/prometheus/telemetry.ts';
import type { Canary } from '../api/canary.ts';
import type { MetricTemplate } from '../api/metric-template.ts';
import { parseMetricTemplate } from '../api/parse.ts';
import type { Config } from '../config.ts';
import type { CanaryKey } from '../ports/canaries.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApiClient, LocalStore } from '../ports/cluster.ts';
import { METRIC_TEMPLATE } from '../ports/kinds.ts';
import type { Reach } from '../ports/reach.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Logger } from './log.ts';
import { readSecret } from './secrets.ts';

export interface ProvidedTelemetry extends Telemetry {
  /** Age in milliseconds of the oldest server's newest sweep; 0 before the first. */
  readonly ageMs: number;
  /**
   * Sweeps from now on, for the canaries that have a rollout under way: whenever a block can be read,
   * so that nothing waits for the next sweep that the last could have told.
   */
  begin(sweeps: Sweeps): void;
  /** The Canary is gone: nothing of it is swept or kept. */
  forget(key: CanaryKey): void;
  end(): void;
}

interface Sweeps {
  readonly canaries: () => readonly Canary[];
  /** Called after each, whether it brought anything or not. */
  readonly onSwept: () => Promise<void>;
  /** Runs a sweep and what follows from it before other work. */
  readonly goFirst: (work: () => Promise<void>) => Promise<void>;
}

interface TelemetryParts {
  readonly config: Config;
  /** Not the one that remembers: what is in a Secret stays in no store. */
  readonly api: ApiClient;
  readonly store: LocalStore;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly log: Logger;
}

/** Evidence from the Prometheus that the configuration names, swept on a timer. */
export function provideTelemetry({
  config,
  api,
  store,
  clock,
  reach,
  log,
}: TelemetryParts): ProvidedTelemetry {
  const secret = (namespace: string, name: string) => readSecret(api, namespace, name);
  const telemetry = createTelemetry({
    server: {
      url: config.prometheus,
      tokenFile: config.prometheusTokenFile,
      series: config.series,
      ca: config.prometheusCaFile && readFileSync(config.prometheusCaFile, 'utf8'),
    },
    clock,
    reach,
    template: (namespace, name) => templateIn(store, namespace, name),
    secret,
    // Clouds tell a pod who it is by variables of their own.
    stores: createMetricStores({ secret, reach, environment: process.env }),
    onSweep: ({ server, durationMs, series, error }) => {
      if (error === undefined) log.debug({ server, durationMs, series }, 'swept');
      else log.warn({ server, err: error.message }, 'the sweep of built-in metrics failed');
    },
  });
  let timer: NodeJS.Timeout | undefined;

  /** Most of an interval, and then until a block can be read. */
  function pauseAfter(now: number): number {
    const { sweepIntervalMs } = config;
    const at = telemetry.nextBlockAt(now + 0.7 * sweepIntervalMs);
    return at === undefined ? sweepIntervalMs : at - now;
  }

  return {
    ...telemetry,
    get ageMs() {
      return telemetry.ageMs(clock.now()) ?? 0;
    },
    begin({ canaries, onSwept, goFirst }) {
      const sweep = () => {
        const now = clock.now();
        telemetry.setActive(canaries().filter(isUnderWay));
        void goFirst(() => telemetry.sweep(now).then(onSwept));
        timer = setTimeout(sweep, pauseAfter(now)).unref();
      };
      sweep();
    },
    end() {
      clearTimeout(timer);
      telemetry.close();
    },
  };
}

function templateIn(
  store: LocalStore,
  namespace: string,
  name: string,
): MetricTemplate | undefined {
  const read = parseMetricTemplate(store.get(METRIC_TEMPLATE, namespace, name));
  return read.ok ? read.template : undefined;
}

/** From when its canary may get traffic until it gets none any more. */
function isUnderWay({ status }: Canary): boolean {
  return status !== undefined && status.stage !== undefined && status.phase !== 'Terminating';
}

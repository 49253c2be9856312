import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';

/** Which Prometheus a command asks for what was, as far as its command line says. */
export interface PastServerOptions {
  readonly prometheus?: string | undefined;
  readonly prometheusTokenFile?: string | undefined;
  readonly prometheusCaFile?: string | undefined;
  readonly metricPrefix?: string | undefined;
  readonly metricLabels?: string | undefined;
  readonly metricReporters?: string | undefined;
  readonly recordedMetrics?: boolean | undefined;
}

/** The one that is named, else the one that `linnet run` would ask, with its credentials. */
export function pastServer(options: PastServerOptions) {
  const given = {
    prometheus: options.prometheus,
    'prometheus-token-file': options.prometheusTokenFile,
    'prometheus-ca-file': options.prometheusCaFile,
    'metric-prefix': options.metricPrefix,
    'metric-labels': options.metricLabels,
    'metric-reporters': options.metricReporters,
    'recorded-metrics': options.recordedMetrics === true ? 'true' : undefined,
  };
  const flags = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined));
  const { prometheus, prometheusTokenFile, prometheusCaFile, series } = readConfig(
    flags,
    process.env,
  );
  return {
    url: prometheus,
    tokenFile: prometheusTokenFile,
    series,
    ca: prometheusCaFile && readFileSync(prometheusCaFile, 'utf8'),
  };
}

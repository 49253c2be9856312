import { CLOUDWATCH, GOOGLE } from './clouds.ts';
import { DATADOG, DYNATRACE, NEW_RELIC } from './hosted.ts';
import { GRAPHITE, INFLUXDB, WEB } from './self-hosted.ts';
import type { StoreCase } from './store-case.ts';

/** All that a MetricTemplate can ask besides Prometheus. */
export const STORES: readonly StoreCase[] = [
  DATADOG,
  CLOUDWATCH,
  NEW_RELIC,
  DYNATRACE,
  INFLUXDB,
  GRAPHITE,
  GOOGLE,
  WEB,
];

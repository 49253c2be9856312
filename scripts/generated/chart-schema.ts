import { LABEL_NAME, METRIC_NAME, REPORTER } from '../../src/mesh-names.ts';
import { MESH_LABELS } from '../../src/ports/mesh-series.ts';
import { chartValues, type ChartValue } from './chart-values.ts';
import { formatted, type GeneratedFile } from './file.ts';

/** What JSON Schema says of one value. */
export interface ValueSchema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, ValueSchema>;
  additionalProperties?: boolean | ValueSchema;
  items?: ValueSchema;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  [keyword: string]: unknown;
}

/**
 * charts/linnet/values.schema.json: types from the defaults, meanings from the comments, bounds
 * from here. Values that the chart does not know are refused.
 */
export function chartSchema(): Promise<GeneratedFile[]> {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Linnet chart',
    ...closed(chartValues()),
  };
  // Helm hands the values of a parent chart down under this name.
  schema.properties['global'] = { type: 'object', description: 'Values of a parent chart.' };
  return formatted('charts/linnet/values.schema.json', JSON.stringify(schema));
}

/** Of one value; the description apart. */
export function schemaOf(value: ChartValue): ValueSchema {
  const path = value.path.join('.');
  if (OPEN.has(path)) return { type: 'object' };
  if (value.children.length > 0) return closed(value.children);
  return { ...typeOf(value.fallback), ...BOUNDS[path] };
}

function closed(values: readonly ChartValue[]) {
  const properties = Object.fromEntries(
    values.map((value) => [value.path.at(-1) ?? '', described(value)]),
  );
  return { type: 'object', properties, additionalProperties: false as const };
}

function described(value: ChartValue): ValueSchema {
  const description = value.meaning === '' ? {} : { description: value.meaning };
  return { ...description, ...schemaOf(value) };
}

function typeOf(fallback: unknown): ValueSchema {
  if (Array.isArray(fallback)) return { type: 'array', items: { type: 'object' } };
  switch (typeof fallback) {
    case 'string':
      return { type: 'string' };
    case 'number':
      return { type: 'integer', minimum: 1 };
    case 'boolean':
      return { type: 'boolean' };
    default:
      return { type: 'object', additionalProperties: { type: 'string' } };
  }
}

/** Handed to Kubernetes as they are, which knows better what may stand in them. */
const OPEN = new Set(['resources', 'affinity', 'podSecurityContext', 'securityContext']);

const PORT = { minimum: 1, maximum: 65_535 };
const RATE = { minimum: 1, maximum: 100_000 };
const DURATION = { pattern: '^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?$' };
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const OBJECT_NAME = { pattern: `^(${LABEL}(\\.${LABEL})*)?$`, maxLength: 253 };
const KEY = { pattern: '^[-._a-zA-Z0-9]+$' };

const BOUNDS: Readonly<Record<string, ValueSchema>> = {
  replicas: { minimum: 0, maximum: 50 },
  'image.repository': { minLength: 1 },
  'image.digest': { pattern: '^(sha256:[0-9a-f]{64})?$' },
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  watchNamespace: { pattern: `^(${LABEL})?$`, maxLength: 63 },
  allowedHosts: { items: { type: 'string', pattern: '^[^,\\s]+$' } },
  clusterDomain: { pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' },
  concurrency: { maximum: 10_000 },
  drain: { minLength: 2, ...DURATION },
  'kubeApi.qps': RATE,
  'kubeApi.burst': RATE,
  'prometheus.url': { pattern: '^https?://[^/?# ]+[^ ]*$' },
  'prometheus.sweepInterval': { minLength: 2, ...DURATION },
  'prometheus.metricPrefix': { pattern: METRIC_NAME.source },
  'prometheus.metricLabels': {
    propertyNames: { enum: [...MESH_LABELS] },
    additionalProperties: { type: 'string', pattern: LABEL_NAME.source },
  },
  'prometheus.metricReporters': {
    items: { type: 'string', pattern: REPORTER.source },
    minItems: 1,
    maxItems: 2,
    uniqueItems: true,
  },
  'prometheus.token.existingSecret': OBJECT_NAME,
  'prometheus.token.key': KEY,
  'prometheus.ca.existingSecret': OBJECT_NAME,
  'prometheus.ca.existingConfigMap': OBJECT_NAME,
  'prometheus.ca.key': KEY,
  'redis.url': { pattern: '^(rediss?(\\+(sentinel|cluster))?://[^ ]+)?$' },
  'redis.password.existingSecret': OBJECT_NAME,
  'redis.password.key': KEY,
  'redis.ca.existingSecret': OBJECT_NAME,
  'redis.ca.existingConfigMap': OBJECT_NAME,
  'redis.ca.key': KEY,
  'slack.url': { pattern: '^(https?://[^/?# ]+[^ ]*)?$' },
  'slack.existingSecret': OBJECT_NAME,
  'slack.urlKey': KEY,
  'slack.tokenKey': KEY,
  'log.level': { enum: ['trace', 'debug', 'info', 'warn', 'error', 'silent'] },
  'log.format': { enum: ['json', 'pretty'] },
  port: PORT,
  'metrics.service.port': PORT,
  'metrics.serviceMonitor.interval': DURATION,
  'serviceAccount.name': OBJECT_NAME,
  'podDisruptionBudget.maxUnavailable': {
    type: ['integer', 'string'],
    minimum: 1,
    pattern: '^[1-9][0-9]?%$|^100%$',
  },
  terminationGracePeriodSeconds: { minimum: 0 },
  revisionHistoryLimit: { minimum: 0 },
};

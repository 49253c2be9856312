import { durationMs } from '../../api/duration.ts';
import type { MetricProviderType, MetricTemplate } from '../../api/metric-template.ts';
import { type QueryVariables, renderQuery, TemplateError } from '../../api/query-template.ts';
import type { MetricStores, SamplePeriod } from '../../ports/metric-stores.ts';
import type { Reach } from '../../ports/reach.ts';
import type { Measurement } from '../../ports/telemetry.ts';
import { AwsIdentity } from './aws-credentials.ts';
import { cloudWatch } from './cloudwatch.ts';
import { DATADOG } from './datadog.ts';
import { DYNATRACE } from './dynatrace.ts';
import { GoogleAccounts } from './google-access.ts';
import { googleMonitoring } from './google-monitoring.ts';
import { GRAPHITE } from './graphite.ts';
import { INFLUXDB } from './influxdb.ts';
import { Line } from './line.ts';
import { NEW_RELIC } from './newrelic.ts';
import { oneValue } from './one-value.ts';
import { Pace, type Paced } from './pace.ts';
import { type ReadSecret, secretError, SecretKeys } from './secret-keys.ts';
import { type Newest, type Store, StoreError } from './store.ts';
import { WEB } from './web.ts';

export interface MetricStoresOptions {
  readonly secret: ReadSecret;
  /** Where the addresses of templates may lead; everywhere without it. */
  readonly reach?: Reach | undefined;
  /** Variables by which clouds tell a pod who it is. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** For one measurement, whatever it waits for. Default 10 s. */
  readonly timeoutMs?: number;
}

/** Every system that a MetricTemplate may name beside Prometheus; each is a file of this folder. */
export function createMetricStores(options: MetricStoresOptions): MetricStores {
  const { environment = {} } = options;
  const stores: Partial<Record<MetricProviderType, Store>> = {
    datadog: DATADOG,
    cloudwatch: cloudWatch(new AwsIdentity(environment)),
    newrelic: NEW_RELIC,
    dynatrace: DYNATRACE,
    influxdb: INFLUXDB,
    graphite: GRAPHITE,
    stackdriver: googleMonitoring(new GoogleAccounts(environment)),
    web: WEB,
  };
  const pace = new Pace();
  return {
    measure(template, variables, period) {
      const store = stores[template.spec.provider.type];
      const known = Object.keys(stores);
      return pace.measure(questionOf(template, variables, period), period.now, () =>
        answerTo(store, known, template, variables, period, options),
      );
    },
  };
}

/** All that an answer depends on but the time that has passed in the step. */
function questionOf(
  { metadata, spec }: MetricTemplate,
  variables: QueryVariables,
  { since }: SamplePeriod,
): string {
  return JSON.stringify([
    metadata.namespace,
    metadata.name,
    spec,
    { ...variables, interval: '' },
    since,
  ]);
}

async function answerTo(
  store: Store | undefined,
  known: readonly string[],
  template: MetricTemplate,
  variables: QueryVariables,
  period: SamplePeriod,
  options: MetricStoresOptions,
): Promise<Paced> {
  const { metadata, spec } = template;
  const where = `MetricTemplate ${metadata.namespace}/${metadata.name}`;
  try {
    if (store === undefined) throw unknownType(spec.provider.type, known);
    const series = await ask(store, template, variables, period, options);
    return { measured: oneValue(series, `spec.query of ${where}`), restMs: 0 };
  } catch (error) {
    const restMs = error instanceof StoreError ? (error.restMs ?? 0) : 0;
    return { measured: failed(error, where), restMs };
  }
}

async function ask(
  store: Store,
  { metadata, spec }: MetricTemplate,
  given: QueryVariables,
  { since, now }: SamplePeriod,
  { secret: readSecret, reach, timeoutMs = 10_000 }: MetricStoresOptions,
): Promise<readonly Newest[]> {
  const { provider } = spec;
  const intervalMs = durationMs(given.interval);
  const variables = { ...given, interval: inSeconds(intervalMs) };
  const query = renderQuery(spec.query, variables, store.language);
  const secret = await secretOf(metadata.namespace, provider.secretRef?.name, readSecret);
  const deadline = { ms: timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
  const secrets = [...secret.values, provider.address, ...longOf(provider.headers)];
  return store.ask({
    provider,
    query,
    fill: (text, language) => renderQuery(text, variables, language),
    secret,
    line: new Line({
      title: store.title,
      headers: headersOf(provider.headers),
      insecureSkipVerify: provider.insecureSkipVerify,
      reach,
      deadline,
      secrets,
    }),
    ambientLine: new Line({ title: store.title, reach: undefined, deadline, secrets }),
    intervalMs,
    from: Math.max(since, now - INTERVALS * intervalMs),
    now,
  });
}

/** All languages read `90s`; Graphite knows no `m`, Google no `1m30s`. */
function inSeconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))}s`;
}

/** So far back Flagger looks for a point, as stores are late. */
const INTERVALS = 10;

async function secretOf(
  namespace: string,
  name: string | undefined,
  readSecret: ReadSecret,
): Promise<SecretKeys> {
  if (name === undefined) return new SecretKeys();
  const where = `Secret ${namespace}/${name}`;
  const data = await readSecret(namespace, name).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw secretError(`${where} cannot be read: ${why}`, { outage: true });
  });
  if (data === undefined) throw secretError(`${where} does not exist`);
  return new SecretKeys(where, data);
}

type Headers = Readonly<Record<string, readonly string[]>> | undefined;

/** Headers may hold keys, and tenants: what is short is a tenant, and would only spoil the text. */
function longOf(headers: Headers = {}): string[] {
  return Object.values(headers)
    .flat()
    .filter((value) => value.length >= 8);
}

/** @throws StoreError for what HTTP cannot carry. */
function headersOf(headers: Headers = {}): Headers {
  const wrong = Object.entries(headers).find(
    ([name, values]) => !NAME.test(name) || !values.every((value) => VALUE.test(value)),
  );
  if (wrong === undefined) return headers;
  const why = NAME.test(wrong[0])
    ? 'a value with a line break or a control character'
    : 'a name with other characters than letters, digits and hyphens';
  throw new StoreError('spec.provider.headers', `found ${why}`);
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function unknownType(type: string, known: readonly string[]): StoreError {
  return new StoreError(
    'spec.provider.type',
    `found ${type}, allowed is prometheus, ${known.join(', ')}`,
  );
}

function failed(error: unknown, where: string): Measurement {
  if (error instanceof StoreError) {
    const why = `${error.field} of ${where}: ${error.message}`;
    return { kind: 'error', why, outage: error.outage };
  }
  const why = error instanceof TemplateError ? error.message : `was not run: ${nameOf(error)}`;
  return { kind: 'error', why: `spec.query of ${where}: ${why}`, outage: false };
}

/** Whatever else it says may hold a secret. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'no reason was given';
}

import { ALLOWED_HOSTS_SHAPE, parseAllowedHosts } from './allowed-hosts.ts';
import { durationMs, parseDuration } from './api/duration.ts';
import { labelSelector } from './api/label-selector.ts';
import {
  MESH_LABELS_SHAPE,
  MESH_REPORTERS_SHAPE,
  meshLabels,
  meshReporters,
  metricName,
} from './mesh-names.ts';
import type { MeshSeries } from './ports/mesh-series.ts';
import type { AllowedHosts } from './ports/reach.ts';
import { type Given, type Setting, SETTINGS, type SettingName, variableOf } from './settings.ts';

export interface Config {
  readonly kubeconfig: string | undefined;
  readonly namespace: string | undefined;
  /** A label selector for Canaries. */
  readonly selector: string | undefined;
  readonly prometheus: string;
  readonly prometheusTokenFile: string | undefined;
  readonly prometheusCaFile: string | undefined;
  /** How Prometheus names what the mesh counts. */
  readonly series: MeshSeries;
  readonly sweepIntervalMs: number;
  readonly redis: RedisConfig | undefined;
  readonly clusterDomain: string;
  readonly port: number;
  readonly concurrency: number;
  readonly qps: number;
  readonly burst: number;
  readonly drainMs: number;
  readonly crossNamespaceRefs: boolean;
  /** Undefined: what is usual where Linnet runs. */
  readonly allowedHosts: AllowedHosts | undefined;
  /** Whether this process runs in a pod, whose loopback is shared with sidecars. */
  readonly inPod: boolean;
  readonly flaggerMetrics: boolean;
  readonly slack: SlackConfig | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'pretty';
}

export interface RedisConfig {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly caFile: string | undefined;
}

export interface SlackConfig {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly channel: string | undefined;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every wrong setting at once, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads flags and environment, flags first. Called once, at the start; nothing else in the house
 * looks at the environment.
 *
 * @throws ConfigError that names every wrong setting, what was found and what is allowed.
 */
export function readConfig(
  flags: Given,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const given = withEnvironment(flags, env);
  const wrong: string[] = [];
  const read = <T>(
    name: SettingName,
    parse: (text: string) => T | undefined,
    allowed: string,
  ): T => {
    const text = given[name] ?? '';
    const value = parse(text);
    if (value === undefined)
      wrong.push(
        `--${name} (${variableOf(name)}): found '${withoutUser(text)}', allowed is ${allowed}`,
      );
    return value as T;
  };
  const config: Config = {
    kubeconfig: given.kubeconfig,
    namespace: given.namespace,
    selector:
      given.selector === undefined
        ? undefined
        : read('selector', selector, 'a label selector such as shard=a or shard in (a, b)'),
    prometheus: read('prometheus', httpUrl, 'a URL that begins with http:// or https://'),
    prometheusTokenFile: given['prometheus-token-file'],
    prometheusCaFile: given['prometheus-ca-file'],
    series: {
      prefix: read('metric-prefix', metricName, 'a metric name such as istio or federated:istio'),
      labels:
        given['metric-labels'] === undefined
          ? new Map()
          : read('metric-labels', meshLabels, MESH_LABELS_SHAPE),
      reporters: read('metric-reporters', meshReporters, MESH_REPORTERS_SHAPE),
      isRecorded: given['recorded-metrics'] === 'true',
    },
    sweepIntervalMs: read('sweep-interval', atLeast('1s'), 'a duration of at least 1s'),
    redis: redisOf(given),
    clusterDomain: read('cluster-domain', domain, 'a DNS domain such as cluster.local'),
    port: read('port', whole(0, 65_535), 'a port from 0 to 65535'),
    concurrency: read('concurrency', whole(1, 10_000), 'a whole number from 1 to 10000'),
    qps: read('kube-api-qps', whole(1, 100_000), 'a whole number from 1 to 100000'),
    burst: read('kube-api-burst', whole(1, 100_000), 'a whole number from 1 to 100000'),
    drainMs: read('drain', atLeast('0s'), 'a duration such as 30s'),
    crossNamespaceRefs: given['no-cross-namespace-refs'] !== 'true',
    allowedHosts:
      given['allowed-hosts'] === undefined
        ? undefined
        : read('allowed-hosts', parseAllowedHosts, ALLOWED_HOSTS_SHAPE),
    inPod: env['KUBERNETES_SERVICE_HOST'] !== undefined,
    flaggerMetrics: given['flagger-metrics'] === 'true',
    slack: slackOf(given),
    logLevel: read('log-level', oneOf(LOG_LEVELS), `one of ${LOG_LEVELS.join(', ')}`),
    logFormat: read('log-format', oneOf(['json', 'pretty'] as const), 'json or pretty'),
  };
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  return config;
}

function withEnvironment(flags: Given, env: Readonly<Record<string, string | undefined>>): Given {
  const all: readonly Setting[] = SETTINGS;
  const entries = all.map(({ name, fallback }) => {
    const flag = flags[name as SettingName];
    const variable = env[variableOf(name)];
    return [name, flag ?? (variable === '' ? undefined : variable) ?? fallback] as const;
  });
  return Object.fromEntries(entries.filter(([, text]) => text !== undefined)) as Given;
}

function redisOf(given: Given): RedisConfig | undefined {
  const url = given['redis-url'];
  if (url === undefined) return undefined;
  return {
    url,
    username: given['redis-username'],
    password: given['redis-password'],
    caFile: given['redis-ca-file'],
  };
}

function slackOf(given: Given): SlackConfig | undefined {
  const [url, token] = [given['slack-url'], given['slack-token']];
  return url === undefined && token === undefined
    ? undefined
    : { url, token, channel: given['slack-channel'] };
}

/** What stands before an @ may be a password. */
function withoutUser(text: string): string {
  return text.replace(/^[^]*@/, '***@');
}

function httpUrl(text: string): string | undefined {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? text.replace(/\/+$/, '') : undefined;
}

function atLeast(least: string): (text: string) => number | undefined {
  return (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms >= durationMs(least) ? ms : undefined;
  };
}

function whole(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
  };
}

function selector(text: string): string | undefined {
  try {
    labelSelector(text);
    return text;
  } catch {
    return undefined;
  }
}

function domain(text: string): string | undefined {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) ? text : undefined;
}

function oneOf<T extends string>(values: readonly T[]): (text: string) => T | undefined {
  return (text) => values.find((value) => value === text);
}

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

/** One setting of `linnet run`: a flag, the environment variable beside it, and what it means. */
export interface Setting {
  /** Without dashes; `LINNET_` and its upper case name the environment variable. */
  readonly name: string;
  /** What follows the flag; undefined for a switch. */
  readonly value?: string;
  readonly meaning: string;
  readonly fallback?: string;
  /** Only from the environment: it must not stand in a process list. */
  readonly secret?: true;
}

/** Everything that can be set, in the order in which help and reference show it. */
export const SETTINGS = [
  {
    name: 'kubeconfig',
    value: 'file',
    meaning:
      'Kubeconfig to use. Default: $KUBECONFIG, ~/.kube/config, or the service account of the pod.',
  },
  { name: 'namespace', value: 'name', meaning: 'Watch this namespace only. Default: all.' },
  {
    name: 'selector',
    value: 'labels',
    meaning:
      'Look after Canaries with these labels only, written as for `kubectl -l`: several Linnets share a cluster. Default: all.',
  },
  {
    name: 'prometheus',
    value: 'url',
    meaning: 'Prometheus that has the mesh’s metrics.',
    fallback: 'http://prometheus.istio-system:9090',
  },
  {
    name: 'prometheus-token-file',
    value: 'file',
    meaning: 'Bearer token for Prometheus; read again when it changes.',
  },
  {
    name: 'prometheus-ca-file',
    value: 'file',
    meaning: 'PEM file of the authority that signed Prometheus’ certificate.',
  },
  {
    name: 'metric-prefix',
    value: 'name',
    meaning: 'What the mesh’s series begin with: <prefix>_requests_total.',
    fallback: 'istio',
  },
  {
    name: 'metric-labels',
    value: 'list',
    meaning:
      'Labels that Prometheus names otherwise than Istio, as istio-name=your-name, separated by commas, such as destination_workload=workload. Default: none.',
  },
  {
    name: 'metric-reporters',
    value: 'list',
    meaning:
      'Values of the label reporter that are believed: of the workloads’ own proxies, and after a comma of the waypoints; source alone believes the callers.',
    fallback: 'destination,waypoint',
  },
  {
    name: 'recorded-metrics',
    meaning: 'Read the series that the chart’s recording rules record, instead of the mesh’s own.',
  },
  {
    name: 'sweep-interval',
    value: 'duration',
    meaning: 'Time between two sweeps of the built-in metrics.',
    fallback: '5s',
  },
  {
    name: 'redis-url',
    value: 'url',
    meaning: 'Redis that replicas share. Default: one of this process’ own.',
  },
  { name: 'redis-username', value: 'name', meaning: 'ACL user of Redis.' },
  {
    name: 'redis-ca-file',
    value: 'file',
    meaning: 'PEM file of the authority that signed Redis’ certificate.',
  },
  { name: 'redis-password', value: 'text', meaning: 'Password of Redis.', secret: true },
  {
    name: 'cluster-domain',
    value: 'name',
    meaning: 'DNS domain of the cluster.',
    fallback: 'cluster.local',
  },
  {
    name: 'port',
    value: 'number',
    meaning: 'Port of /metrics, /healthz and /readyz; 0 picks a free one.',
    fallback: '8080',
  },
  {
    name: 'concurrency',
    value: 'number',
    meaning: 'Canaries looked at at the same time.',
    fallback: '50',
  },
  {
    name: 'kube-api-qps',
    value: 'number',
    meaning: 'Requests a second to the Kubernetes API, on average.',
    fallback: '1500',
  },
  {
    name: 'kube-api-burst',
    value: 'number',
    meaning: 'Requests to the Kubernetes API that may come at once.',
    fallback: '3000',
  },
  {
    name: 'drain',
    value: 'duration',
    meaning: 'Least time that requests under way get before pods go.',
    fallback: '30s',
  },
  { name: 'no-cross-namespace-refs', meaning: 'A Canary reaches nothing outside its namespace.' },
  {
    name: 'allowed-hosts',
    value: 'list',
    meaning:
      'Hosts that webhooks, alerts and metric templates may call: names, *.suffixes, *, addresses and ranges, separated by commas. Link-local, metadata and loopback addresses need an address or a range here. Default: * (with loopback where the API server is there too).',
  },
  { name: 'flagger-metrics', meaning: 'Also export metrics under Flagger’s names.' },
  {
    name: 'slack-url',
    value: 'url',
    meaning: 'Incoming webhook for Canaries that name no alerts.',
    secret: true,
  },
  {
    name: 'slack-token',
    value: 'text',
    meaning: 'Bot token for Canaries that name no alerts.',
    secret: true,
  },
  { name: 'slack-channel', value: 'name', meaning: 'Channel for Canaries that name no alerts.' },
  {
    name: 'log-level',
    value: 'level',
    meaning: 'trace, debug, info, warn, error or silent.',
    fallback: 'info',
  },
  { name: 'log-format', value: 'format', meaning: 'json, or pretty for people.', fallback: 'json' },
] as const satisfies readonly Setting[];

export type SettingName = (typeof SETTINGS)[number]['name'];

/** What was given for each setting, as text; switches as `true`. */
export type Given = Partial<Record<SettingName, string>>;

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

/** The environment variable of a setting: `LINNET_REDIS_URL` for `redis-url`. */
export function variableOf(name: string): string {
  return `LINNET_${name.toUpperCase().replaceAll('-', '_')}`;
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

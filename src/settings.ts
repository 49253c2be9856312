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
      'Values of the label reporter that are believed: of the workloads’ own proxies, and after a comma of the waypoints; source alone believes the callers, and none the series that have no such label.',
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
    meaning:
      'Canaries looked at at the same time; more where the API server is slow, and a rollback waits for none of them.',
    fallback: '16',
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

/** The environment variable of a setting: `LINNET_REDIS_URL` for `redis-url`. */
export function variableOf(name: string): string {
  return `LINNET_${name.toUpperCase().replaceAll('-', '_')}`;
}

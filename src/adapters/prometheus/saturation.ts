import { escapeLiteral } from './queries.ts';
import type { Version } from './watched.ts';

/** What the kubelet's cAdvisor and kube-state-metrics tell of the containers of a version's pods. */
export interface SaturationQuery {
  /** PromQL with one number: of the container that is worst off. */
  readonly query: string;
  /** The series it needs, for whoever does not have them. */
  readonly needs: string;
}

export type SaturationMetric =
  'cpu-utilization' | 'memory-utilization' | 'cpu-throttling' | 'container-restarts';

/** @param interval how far back it looks, as PromQL has it. */
export function saturationQuery(
  metric: SaturationMetric,
  namespace: string,
  version: Version,
  interval: string,
): SaturationQuery {
  const pods = `namespace="${namespace}",pod=~"${podsOf(version)}"`;
  return QUERIES[metric](pods, interval);
}

const QUERIES: Record<SaturationMetric, (pods: string, interval: string) => SaturationQuery> = {
  'cpu-utilization': (pods, interval) => ({
    query: `100 * max(${CONTAINER_MAX} (rate(container_cpu_usage_seconds_total{${own(pods)}}[${interval}])) / ${limit('cpu', pods)})`,
    needs: 'container_cpu_usage_seconds_total and a limit (kube_pod_container_resource_limits)',
  }),
  'memory-utilization': (pods, interval) => ({
    query: `100 * max(${CONTAINER_MAX} (max_over_time(container_memory_working_set_bytes{${own(pods)}}[${interval}])) / ${limit('memory', pods)})`,
    needs: 'container_memory_working_set_bytes and a limit (kube_pod_container_resource_limits)',
  }),
  'cpu-throttling': (pods, interval) => {
    const periods = (name: string) =>
      `${CONTAINER_MAX} (increase(container_cpu_cfs_${name}_total{${own(pods)}}[${interval}]))`;
    return {
      query: `100 * max(${periods('throttled_periods')} / (${periods('periods')} > 0))`,
      needs: 'container_cpu_cfs_periods_total and container_cpu_cfs_throttled_periods_total',
    };
  },
  'container-restarts': restarts,
};

/**
 * A container's count begins with its pod, and so does what is counted of it, unless the store itself
 * is younger than the interval. Pods that are gone are no concern of this version.
 */
function restarts(pods: string, interval: string): SaturationQuery {
  const [containers, inits] = ['container', 'init_container'].map(
    (kind) => `kube_pod_${kind}_status_restarts_total{${pods}}`,
  );
  const now = `${CONTAINER_MAX} (${containers} or ${inits})`;
  const before = `${CONTAINER_MAX} (${containers} offset ${interval} or ${inits} offset ${interval})`;
  const isOldEnough = `and on () (count(up offset ${interval}) > 0)`;
  return {
    query: `sum(clamp_min(${now} - (${before} or ${now} * 0), 0)) ${isOldEnough}`,
    needs: 'kube_pod_container_status_restarts_total',
  };
}

/** Two scrapers, or a scraper that moved, tell of one container twice. */
const CONTAINER_MAX = 'max by (namespace, pod, container)';

/** The team's own containers: neither the pod as a whole nor the proxy beside them. */
function own(pods: string): string {
  return `${pods},container!="",container!="POD",container!="istio-proxy"`;
}

/** kube-state-metrics' number, or the kernel's where that is not there. */
function limit(resource: 'cpu' | 'memory', pods: string): string {
  const declared = `kube_pod_container_resource_limits{${own(pods)},resource="${resource}"}`;
  const cgroup = {
    cpu: `container_spec_cpu_quota{${own(pods)}} / container_spec_cpu_period{${own(pods)}}`,
    memory: `container_spec_memory_limit_bytes{${own(pods)}}`,
  }[resource];
  return `((${CONTAINER_MAX} (${declared}) or ${CONTAINER_MAX} (${cgroup})) > 0)`;
}

/** The pods of these workloads, and of none whose name begins like theirs. */
function podsOf({ workloads }: Version): string {
  const names = workloads.map(escapeLiteral).join('|');
  return `(${names})-(${MADE_UP}{6,10}-)?${MADE_UP}{5}`;
}

/** Kubernetes makes up names without vowels. */
const MADE_UP = '[bcdfghjklmnpqrstvwxz2456789]';

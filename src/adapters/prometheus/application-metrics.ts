import type { BuiltinMetric, CanaryMetric } from '../../api/metrics.ts';

/**
 * A built-in metric where there is no mesh to count: the query that Flagger means there, of the
 * histogram that the application itself exports.
 */
export function applicationMetric(metric: CanaryMetric & { name: BuiltinMetric }): CanaryMetric {
  const expression = EXPRESSIONS[metric.name];
  // As Flagger's own Prometheus labels pods, and as most others do.
  const pods = [podsBy('kubernetes_namespace', 'kubernetes_pod_name'), podsBy('namespace', 'pod')];
  return { ...metric, query: pods.map((selector) => `(${expression(selector)})`).join(' or ') };
}

const EXPRESSIONS: Record<BuiltinMetric, (pods: string) => string> = {
  'request-success-rate': successRate,
  'request-duration': duration,
};

/** Percent. Where nothing but failures came, their share is still a number. */
function successRate(pods: string): string {
  const all = rateOf('count', pods);
  const failed = rateOf('count', `${pods}, status=~"5.."`);
  return `100 * (1 - (sum(${failed}) or 0 * sum(${all})) / sum(${all}))`;
}

/** Milliseconds at the 99th percentile. */
function duration(pods: string): string {
  return `1000 * histogram_quantile(0.99, sum by (le) (${rateOf('bucket', pods)}))`;
}

function rateOf(part: 'count' | 'bucket', selector: string): string {
  return `rate(http_request_duration_seconds_${part}{${selector}}[{{ interval }}])`;
}

/** The pods of one Deployment, and of none whose name begins like its own. */
function podsBy(namespace: string, pod: string): string {
  return `${namespace}="{{ namespace }}", ${pod}=~"{{ target }}-${MADE_UP}+-${MADE_UP}{5}"`;
}

/** Kubernetes makes up names without vowels. */
const MADE_UP = '[bcdfghjklmnpqrstvwxz2456789]';

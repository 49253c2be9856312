import type { CanaryMetric, CountedMetric } from '../../api/metrics.ts';
import { TemplateError } from '../../api/query-template.ts';

/**
 * A built-in metric where there is no mesh to count: the query that Flagger means there, of the
 * histogram that the application itself exports.
 *
 * @throws TemplateError where applications count no such thing.
 */
export function applicationMetric(metric: CountedMetric): CanaryMetric {
  const expression = EXPRESSIONS[metric.name];
  if (expression === undefined) {
    throw new TemplateError(
      `found with provider kubernetes, allowed is a mesh, whose proxies see how requests ended, or a query of its own`,
    );
  }
  // As Flagger's own Prometheus labels pods, and as most others do.
  const pods = [podsBy('kubernetes_namespace', 'kubernetes_pod_name'), podsBy('namespace', 'pod')];
  return { ...metric, query: pods.map((selector) => `(${expression(selector)})`).join(' or ') };
}

const EXPRESSIONS: Record<CountedMetric['name'], ((pods: string) => string) | undefined> = {
  'request-success-rate': (pods) => `100 * (1 - ${shareOf('5..', pods)})`,
  'request-duration': duration,
  'request-4xx-rate': (pods) => `100 * ${shareOf('4..', pods)}`,
  'request-cancelled-rate': undefined,
};

/** From 0 to 1. Where nothing but failures came, their share is still a number. */
function shareOf(status: string, pods: string): string {
  const all = rateOf('count', pods);
  const found = rateOf('count', `${pods}, status=~"${status}"`);
  return `(sum(${found}) or 0 * sum(${all})) / sum(${all})`;
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

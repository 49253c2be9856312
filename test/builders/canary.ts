import type { Canary } from '../../src/api/canary.ts';
import type { CanaryMetric } from '../../src/api/metrics.ts';
import { parseCanary } from '../../src/api/parse.ts';
import { problemSentence } from '../../src/api/problem.ts';
import type { CanaryStatus } from '../../src/api/status.ts';

interface Parts {
  spec?: Record<string, unknown>;
  analysis?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  status?: CanaryStatus;
}

/** A Canary of a shop's checkout: 20, 40, 60 percent in 10 s steps, two failed checks roll back. */
export function aCanary({ spec, analysis, metadata, status }: Parts = {}): Canary {
  const plan = ['iterations', 'stepWeights'].some((field) => analysis?.[field] !== undefined)
    ? {}
    : { stepWeight: 20, maxWeight: 60 };
  const read = parseCanary({
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'Canary',
    metadata: {
      name: 'checkout',
      namespace: 'shop',
      uid: 'u-1',
      resourceVersion: '1',
      generation: 1,
      ...metadata,
    },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      service: { port: 80 },
      analysis: { interval: '10s', threshold: 2, ...plan, ...analysis },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  });
  if (!read.ok) throw new Error(read.problems.map(problemSentence).join('; '));
  return read.canary;
}

/** The metric of that name in the analysis. */
export function metricOf({ spec }: Canary, name: string): CanaryMetric {
  const metric = spec.analysis.metrics.find((one) => one.name === name);
  if (metric === undefined) throw new Error(`the analysis has no metric ${name}`);
  return metric;
}

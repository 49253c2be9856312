import type { Canary } from '../../src/api/canary.ts';
import { API_VERSION } from '../../src/api/group.ts';
import { parseCanary } from '../../src/api/parse.ts';
import { problemSentence } from '../../src/api/problem.ts';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { Intent, RoutesIntent } from '../../src/ports/intent.ts';

export interface CanaryParts {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  /** Over `port: 80`. */
  readonly service?: object;
  /** Over steps of 10 up to 50. */
  readonly analysis?: object;
  /** Over the rest of the spec. */
  readonly spec?: object;
  readonly status?: Partial<CanaryStatus>;
}

/** The Canary `shop/web` of the Deployment `web`, as it is when it has been adopted. */
export function aCanary(parts: CanaryParts = {}): Canary {
  const { name = 'web', namespace = 'shop', uid = 'uid-1' } = parts;
  const read = parseCanary({
    apiVersion: API_VERSION,
    kind: 'Canary',
    metadata: { name, namespace, uid, resourceVersion: '1', generation: 1 },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80, ...parts.service },
      analysis: parts.analysis ?? { stepWeight: 10, maxWeight: 50 },
      ...parts.spec,
    },
    status: { phase: 'Progressing', planVersion: 1, fences: FENCES, ...parts.status },
  });
  if (!read.ok) throw new Error(read.problems.map(problemSentence).join('; '));
  return read.canary;
}

export const FENCES = { virtualService: 3, destinationRules: 2 };

/** Weights only: the canary gets nothing unless told. */
export function routed(over: Partial<Exclude<RoutesIntent, string>> = {}): Intent {
  return withRoutes({
    canaryWeight: 0,
    matched: false,
    mirrorWeight: 0,
    affinity: undefined,
    ...over,
  });
}

export function withRoutes(routes: RoutesIntent): Intent {
  return {
    primary: 'untouched',
    target: { replicas: 'untouched' },
    services: { versions: true, apex: 'primary' },
    routes,
  };
}

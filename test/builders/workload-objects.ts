import type { CanaryStatus, Fences } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { Intent } from '../../src/ports/intent.ts';

/** The Deployment that `aCanary` targets, as an API server with defaults stores it. */
export function aDeployment(
  spec: Record<string, unknown> = {},
  pod: Record<string, unknown> = {},
  name = 'checkout',
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels: { app: name }, annotations: {} },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        metadata: { labels: { app: name, tier: 'web' } },
        spec: {
          containers: [
            {
              name: 'app',
              image: 'shop/checkout:1',
              ports: [{ name: 'web', containerPort: 8080, protocol: 'TCP' }],
            },
          ],
          ...pod,
        },
      },
      ...spec,
    },
  };
}

/** The status of a Deployment all of whose pods are ready. */
export function aSettledStatus(replicas: number, observedGeneration = 1): Record<string, unknown> {
  return {
    observedGeneration,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
}

export function aConfigMap(name: string, data: Record<string, string>, more = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop' },
    data,
    ...more,
  };
}

export function aSecret(name: string, data: Record<string, string>): KubeObject {
  const metadata = { name, namespace: 'shop' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
}

export function aService(
  name: string,
  selector: Record<string, string>,
  spec: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.0.0.7',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
      selector,
      ...spec,
    },
  };
}

/** A slice of a Service; pods that are not ready end in `!`. */
export function aSlice(service: string, pods: readonly string[], suffix = 'a'): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-${suffix}`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': service },
    },
    endpoints: pods.map((pod) => ({
      addresses: ['10.1.0.1'],
      conditions: { ready: !pod.endsWith('!') },
      targetRef: { kind: 'Pod', name: pod.replace('!', ''), uid: `uid-${pod.replace('!', '')}` },
    })),
  };
}

/** Nothing is demanded, but for what is said. */
export function anIntent(parts: Partial<Intent> = {}): Intent {
  return {
    primary: 'untouched',
    target: { replicas: 'untouched' },
    services: { versions: false, apex: 'untouched' },
    routes: 'untouched',
    ...parts,
  };
}

export function aStatus(parts: Partial<CanaryStatus> = {}, fences: Fences = {}): CanaryStatus {
  return {
    phase: 'Progressing',
    canaryWeight: 0,
    failedChecks: 0,
    iterations: 0,
    conditions: [],
    planVersion: 1,
    fences,
    ...parts,
  };
}

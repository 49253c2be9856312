import type { KubeObject } from '../../src/ports/cluster.ts';
import type { DeploymentStatus } from './contents.ts';
import { APEX, PRIMARY, TARGET } from './slots.ts';
import { NAMESPACE } from './workload.ts';

/** The EndpointSlices of the three Services, as they follow from their selectors and the pods. */
export function slicesOf(object: (slot: number) => KubeObject | undefined): KubeObject[] {
  return [APEX, APEX + 1, APEX + 2].flatMap((slot) => {
    const service = object(slot);
    if (service === undefined) return [];
    const { selector } = service['spec'] as { selector: Record<string, string> };
    const of = selector['app'] === 'web-primary' ? PRIMARY : TARGET;
    return [sliceOf(service.metadata.name, readyPods(object(of)))];
  });
}

function sliceOf(service: string, pods: readonly string[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: service,
      namespace: NAMESPACE,
      labels: { 'kubernetes.io/service-name': service },
    },
    endpoints: pods.map((name) => ({
      addresses: ['10.1.0.1'],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name, uid: name },
    })),
  };
}

function readyPods(deployment: KubeObject | undefined): string[] {
  const status = deployment?.['status'] as DeploymentStatus | undefined;
  const ready = status?.readyReplicas ?? 0;
  return Array.from({ length: ready }, (_, i) => `${deployment?.metadata.name}-pod-${i}`);
}

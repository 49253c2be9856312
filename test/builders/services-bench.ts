import { beforeEach } from 'vitest';
import { KubernetesServices } from '../../src/adapters/kubernetes/services.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { ServicesIntent } from '../../src/ports/intent.ts';
import { SERVICE } from '../../src/ports/kinds.ts';
import { aCanary } from './canary.ts';
import { FakeCluster } from './fake-cluster.ts';
import { aDeployment, anIntent, aStatus } from './workload-objects.ts';

/** Of the test that runs. */
export let cluster: FakeCluster;
export let services: KubernetesServices;

/** Gives each test of a file a cluster of its own, with a target and no Service. */
export function useServices(): void {
  beforeEach(() => {
    cluster = new FakeCluster();
    services = new KubernetesServices(cluster);
    cluster.put(aDeployment());
  });
}

export const VERSIONS: ServicesIntent = { versions: true, apex: 'untouched' };
export const ADOPTED: ServicesIntent = { versions: true, apex: 'primary' };
export const GIVEN_BACK: ServicesIntent = { versions: true, apex: 'target' };

export function canaryWith(service: Record<string, unknown> = {}, fence = 4): Canary {
  return aCanary({
    spec: { service: { port: 80, targetPort: 8080, ...service } },
    status: aStatus({}, { services: fence }),
  });
}

/** Observes and carries everything out, as a reconcile does. */
export async function reconcile(intent: ServicesIntent, canary = canaryWith()) {
  const whole = anIntent({ services: intent });
  const seen = await services.observe(canary, whole, cluster.reader());
  await services.apply(canary, canary.status!, whole, seen);
  return services.observe(canary, whole, cluster.reader());
}

export function service(name: string): KubeObject {
  return cluster.must(SERVICE, 'shop', name);
}

export function specOf(name: string): unknown {
  return service(name)['spec'];
}

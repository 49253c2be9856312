import { beforeEach } from 'vitest';
import { at } from '../../src/adapters/kubernetes/json.ts';
import { DeploymentWorkload } from '../../src/adapters/kubernetes/workload.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { Fences } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { Intent } from '../../src/ports/intent.ts';
import { DEPLOYMENT } from '../../src/ports/kinds.ts';
import { aCanary } from './canary.ts';
import { FakeCluster } from './fake-cluster.ts';
import { anIntent, aStatus } from './workload-objects.ts';

/** Of the test that runs. */
export let cluster: FakeCluster;
export let workload: DeploymentWorkload;

/** Gives each test of a file an empty cluster of its own. */
export function useDeployments(): void {
  beforeEach(() => {
    cluster = new FakeCluster();
    workload = new DeploymentWorkload(cluster);
  });
}

/** Another process takes over, which remembers nothing. */
export function restart(): void {
  workload = new DeploymentWorkload(cluster);
}

/** A Canary whose plan names the target's present revision, with its fences. */
export async function planned(
  fences: Fences = {},
  spec: Record<string, unknown> = {},
): Promise<Canary> {
  const seen = await workload.observe(aCanary({ spec }), anIntent(), cluster.reader());
  const revision = seen.target?.revision ?? '';
  const canary = aCanary({
    spec,
    status: aStatus({ revision, lastPromotedSpec: revision }, fences),
  });
  await workload.pin(canary, seen, revision);
  cluster.forget();
  return canary;
}

export function revisionOf(canary: Canary): string {
  return canary.status?.revision ?? '';
}

/** A plan whose primary has the canary's revision, and as many pods. */
export function withPrimary(canary: Canary, pods: number): Intent {
  return anIntent({ primary: { revision: revisionOf(canary), atLeast: pods, strength: pods } });
}

/** Observes and carries everything out, as a reconcile does. */
export async function reconcile(canary: Canary, intent: Intent) {
  const seen = await workload.observe(canary, intent, cluster.reader());
  const status = canary.status ?? aStatus();
  await workload.applyPrimary(canary, status, intent, seen);
  await workload.applyTarget(canary, status, intent, seen);
  return workload.observe(canary, intent, cluster.reader());
}

export function primary(): KubeObject {
  return cluster.must(DEPLOYMENT, 'shop', 'checkout-primary');
}

export function target(): KubeObject {
  return cluster.must(DEPLOYMENT, 'shop', 'checkout');
}

export function setImage(object: KubeObject, image: string): void {
  const { template } = object['spec'] as {
    template: { spec: { containers: { image: string }[] } };
  };
  template.spec.containers[0]!.image = image;
}

export function imageOf(object: KubeObject): unknown {
  return at(object, 'spec', 'template', 'spec', 'containers', 0, 'image');
}

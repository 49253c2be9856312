import { afterEach, beforeEach, vi } from 'vitest';
import type { ClusterState } from '../../src/sandbox/apiserver/cluster-state.ts';
import {
  DEPLOYMENTS,
  PODS,
  type Condition,
  type Deployment,
  type DeploymentSpec,
  type Pod,
  type PodSpec,
} from '../../src/sandbox/workloads/resources.ts';
import { startWorkloads, type Workloads } from '../../src/sandbox/workloads/workloads.ts';
import { sandboxCluster } from './sandbox-cluster.ts';

/** The cluster and the controllers of the test that runs. */
export let cluster: ClusterState;
export let workloads: Workloads;

/**
 * Gives each test of a file its own cluster with running controllers, and time that stands still
 * until `after` lets it pass. A test fails when a controller reports a problem.
 */
export function useWorkloads(): void {
  const problems: Error[] = [];
  let stop = () => {};

  beforeEach(() => {
    vi.useFakeTimers();
    const test = sandboxCluster();
    cluster = test.state;
    workloads = startWorkloads(cluster, { report: (error) => problems.push(error as Error) });
    stop = () => {
      workloads.stop();
      test.stop();
    };
  });

  afterEach(() => {
    stop();
    vi.useRealTimers();
    const [problem] = problems.splice(0);
    if (problem !== undefined) throw problem;
  });
}

/** What differs from an ordinary Deployment named `shop`. */
export interface Shape {
  image?: string;
  annotations?: Record<string, string>;
  spec?: Partial<DeploymentSpec>;
}

export function spec({ image = 'app:1', annotations = {}, spec = {} }: Shape = {}): DeploymentSpec {
  return {
    replicas: 3,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' }, annotations },
      spec: {
        containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }] }],
      },
    },
    ...spec,
  };
}

export function deploy(shape?: Shape): void {
  const metadata = { name: 'shop', namespace: 'shop' };
  const current = cluster.get(DEPLOYMENTS, 'shop', 'shop');
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: spec(shape) };
  if (current === undefined) cluster.create(DEPLOYMENTS, object);
  else cluster.replace(DEPLOYMENTS, { ...current, spec: object.spec });
}

export function deployment(): Deployment {
  return cluster.get(DEPLOYMENTS, 'shop', 'shop') as Deployment;
}

export function condition(type: string): Condition | undefined {
  return deployment().status?.conditions?.find((one) => one.type === type);
}

export function pods(): Pod[] {
  return cluster.list(PODS, 'shop') as Pod[];
}

export function images(of: Pod[] = pods()): string[] {
  return of.map(({ spec }) => imageOf(spec));
}

export function imageOf({ containers }: PodSpec): string {
  return containers[0]?.image ?? '';
}

/** Lets time pass. */
export async function after(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

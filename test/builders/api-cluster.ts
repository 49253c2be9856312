import { afterEach, beforeEach } from 'vitest';

import { Cluster } from '../../src/sandbox/apiserver/cluster.ts';
import {
  ApiError,
  type ClusterState,
  type JsonObject,
  type KubeObject,
  type ResourceKind,
} from '../../src/sandbox/apiserver/cluster-state.ts';
import { InProcessState } from '../../src/sandbox/apiserver/in-process-state.ts';
import type { Storage } from '../../src/sandbox/apiserver/objects/storage.ts';

export const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', resource: 'configmaps' };
export const NAMESPACES: ResourceKind = { group: '', version: 'v1', resource: 'namespaces' };
export const PODS: ResourceKind = { group: '', version: 'v1', resource: 'pods' };
export const SERVICES: ResourceKind = { group: '', version: 'v1', resource: 'services' };
export const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', resource: 'deployments' };
export const CRDS: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
};
export const WIDGETS: ResourceKind = { group: 'example.com', version: 'v1', resource: 'widgets' };

/** The sandbox's API server without HTTP, a new one for each test of the file that asks for it. */
export function freshCluster(): { readonly state: ClusterState; readonly storage: Storage } {
  let cluster: Cluster | undefined;
  let state: ClusterState | undefined;
  beforeEach(() => {
    cluster = new Cluster();
    state = new InProcessState(cluster, 'test');
  });
  afterEach(() => cluster?.stop());
  return {
    get state() {
      if (!state) throw new Error('the cluster exists only while a test runs');
      return state;
    },
    get storage() {
      if (!cluster) throw new Error('the cluster exists only while a test runs');
      return cluster.storage;
    },
  };
}

/** What the API refuses with; fails when it refuses nothing. */
export function refusalOf(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

export function createConfigMap(
  state: ClusterState,
  name: string,
  metadata: JsonObject = {},
): KubeObject {
  const object = { metadata: { name, namespace: 'default', ...metadata } };
  return state.create(CONFIG_MAPS, object);
}

export function configMapNames(state: ClusterState): string[] {
  return state.list(CONFIG_MAPS, 'default').map((one) => one.metadata.name);
}

/** Lets the collectors, which work after the request, do what is due. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 10; round += 1) await new Promise(setImmediate);
}

import { describe, expect, test } from 'vitest';

import {
  CONFIG_MAPS,
  configMapNames,
  createConfigMap,
  freshCluster,
  settled,
} from '../../../../test/builders/api-cluster.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';

const cluster = freshCluster();

describe('dependents', () => {
  test('follow their owner, and theirs follow them', async () => {
    const child = createConfigMap(
      cluster.state,
      'child',
      owned(createConfigMap(cluster.state, 'owner')),
    );
    createConfigMap(cluster.state, 'grandchild', owned(child));
    cluster.state.delete(CONFIG_MAPS, 'default', 'owner');
    await settled();
    expect(configMapNames(cluster.state)).toEqual([]);
  });

  test('stay while another owner does', async () => {
    const [first, second] = [
      createConfigMap(cluster.state, 'first'),
      createConfigMap(cluster.state, 'second'),
    ];
    const both = [owned(first), owned(second)].flatMap((one) => one['ownerReferences'] ?? []);
    createConfigMap(cluster.state, 'child', { ownerReferences: both } as JsonObject);
    cluster.state.delete(CONFIG_MAPS, 'default', 'first');
    await settled();
    expect(configMapNames(cluster.state)).toEqual(['child', 'second']);
    const [left] =
      cluster.state.get(CONFIG_MAPS, 'default', 'child')?.metadata.ownerReferences ?? [];
    expect(left?.uid).toBe(second.metadata.uid);
  });

  test('go first when the deletion is in the foreground', async () => {
    const owner = createConfigMap(cluster.state, 'owner');
    createConfigMap(cluster.state, 'child', {
      ...owned(owner, { blockOwnerDeletion: true }),
      finalizers: ['a.b/c'],
    });
    cluster.state.delete(CONFIG_MAPS, 'default', 'owner', { propagationPolicy: 'Foreground' });
    await settled();
    expect(configMapNames(cluster.state)).toEqual(['child', 'owner']);
    const child = cluster.state.get(CONFIG_MAPS, 'default', 'child') as KubeObject;
    expect(child.metadata.deletionTimestamp).toBeDefined();
    cluster.state.replace(CONFIG_MAPS, {
      ...child,
      metadata: { ...child.metadata, finalizers: [] },
    });
    await settled();
    expect(configMapNames(cluster.state)).toEqual([]);
  });

  test('stay without an owner when they are orphaned', async () => {
    createConfigMap(cluster.state, 'child', owned(createConfigMap(cluster.state, 'owner')));
    cluster.state.delete(CONFIG_MAPS, 'default', 'owner', { propagationPolicy: 'Orphan' });
    await settled();
    expect(configMapNames(cluster.state)).toEqual(['child']);
    expect(
      cluster.state.get(CONFIG_MAPS, 'default', 'child')?.metadata.ownerReferences,
    ).toBeUndefined();
  });

  test('of an owner that never was go too', async () => {
    const ghost = createConfigMap(cluster.state, 'ghost');
    const nobody = { ...ghost, metadata: { ...ghost.metadata, uid: 'nobody' } };
    createConfigMap(cluster.state, 'child', owned(nobody));
    await settled();
    expect(configMapNames(cluster.state)).toEqual(['ghost']);
  });
});

function owned(by: KubeObject, rest: JsonObject = {}): JsonObject {
  const { name, uid } = by.metadata;
  return { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...rest }] };
}

import { describe, expect, test } from 'vitest';

import {
  CONFIG_MAPS,
  configMapNames,
  createConfigMap,
  freshCluster,
  PODS,
  refusalOf,
} from '../../../../test/builders/api-cluster.ts';
import type { KubeObject } from '../cluster-state.ts';

const cluster = freshCluster();

describe('a deletion', () => {
  test('of a plain object is at once', () => {
    createConfigMap(cluster.state, 'a');
    cluster.state.delete(CONFIG_MAPS, 'default', 'a');
    expect(cluster.state.get(CONFIG_MAPS, 'default', 'a')).toBeUndefined();
    expect(refusalOf(() => cluster.state.delete(CONFIG_MAPS, 'default', 'a')).code).toBe(404);
  });

  test('waits for finalizers, and lets no new ones in', () => {
    createConfigMap(cluster.state, 'a', { finalizers: ['a.b/c'] });
    cluster.state.delete(CONFIG_MAPS, 'default', 'a');
    const marked = cluster.state.get(CONFIG_MAPS, 'default', 'a') as KubeObject;
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    const more = { ...marked.metadata, finalizers: ['a.b/c', 'd.e/f'] };
    expect(
      refusalOf(() => cluster.state.replace(CONFIG_MAPS, { ...marked, metadata: more })).message,
    ).toContain('no new finalizers can be added if the object is being deleted');
    cluster.state.replace(CONFIG_MAPS, {
      ...marked,
      metadata: { ...marked.metadata, finalizers: [] },
    });
    expect(cluster.state.get(CONFIG_MAPS, 'default', 'a')).toBeUndefined();
  });

  test('can be held to a revision and an identity', () => {
    const { metadata } = createConfigMap(cluster.state, 'a');
    const attempt = (preconditions: { uid?: string; resourceVersion?: string }): void =>
      cluster.state.delete(CONFIG_MAPS, 'default', 'a', { preconditions });
    expect(refusalOf(() => attempt({ uid: 'other' })).code).toBe(409);
    expect(refusalOf(() => attempt({ resourceVersion: '1' })).code).toBe(409);
    attempt({ uid: metadata.uid, resourceVersion: metadata.resourceVersion });
    expect(configMapNames(cluster.state)).toEqual([]);
  });

  test('of a pod on a node waits for its kubelet', () => {
    const spec = { nodeName: 'n1', containers: [{ name: 'web', image: 'web:1' }] };
    cluster.state.create(PODS, { metadata: { name: 'web', namespace: 'default' }, spec });
    cluster.state.delete(PODS, 'default', 'web');
    const marked = cluster.state.get(PODS, 'default', 'web')?.metadata;
    expect(marked?.deletionGracePeriodSeconds).toBe(30);
    cluster.state.delete(PODS, 'default', 'web', { gracePeriodSeconds: 60 });
    expect(cluster.state.get(PODS, 'default', 'web')?.metadata).toEqual(marked);
    cluster.state.delete(PODS, 'default', 'web', { gracePeriodSeconds: 0 });
    expect(cluster.state.get(PODS, 'default', 'web')).toBeUndefined();
  });

  test('of a pod without a node is at once', () => {
    const spec = { containers: [{ name: 'web', image: 'web:1' }] };
    cluster.state.create(PODS, { metadata: { name: 'web', namespace: 'default' }, spec });
    cluster.state.delete(PODS, 'default', 'web');
    expect(cluster.state.get(PODS, 'default', 'web')).toBeUndefined();
  });
});

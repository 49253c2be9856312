import { describe, expect, test } from 'vitest';

import { CONFIG_MAPS, createConfigMap, freshCluster } from '../../../test/builders/api-cluster.ts';

const cluster = freshCluster();

describe('a subscription', () => {
  test('begins with what exists, and follows until it is ended', () => {
    createConfigMap(cluster.state, 'a');
    const heard: string[] = [];
    const end = cluster.state.subscribe(CONFIG_MAPS, ({ type, object }) =>
      heard.push(`${type} ${object.metadata.name}`),
    );
    const b = createConfigMap(cluster.state, 'b');
    cluster.state.replace(CONFIG_MAPS, { ...b, data: { x: 'y' } });
    cluster.state.delete(CONFIG_MAPS, 'default', 'a');
    end();
    createConfigMap(cluster.state, 'c');
    expect(heard).toEqual(['ADDED a', 'ADDED b', 'MODIFIED b', 'DELETED a']);
  });

  test('may write on hearing', () => {
    const heard: string[] = [];
    cluster.state.subscribe(CONFIG_MAPS, ({ type, object }) => {
      heard.push(`${type} ${object.metadata.name}`);
      if (type === 'ADDED' && object.metadata.name === 'a') createConfigMap(cluster.state, 'b');
    });
    createConfigMap(cluster.state, 'a');
    expect(heard).toEqual(['ADDED a', 'ADDED b']);
  });
});

test('events are one thing in two groups', () => {
  const regarding = { kind: 'Pod', namespace: 'default', name: 'web' };
  cluster.state.create(
    { group: 'events.k8s.io', version: 'v1', resource: 'events' },
    { metadata: { name: 'e', namespace: 'default' }, regarding, note: 'hello', reason: 'R' },
  );
  const core = cluster.state.get({ group: '', version: 'v1', resource: 'events' }, 'default', 'e');
  expect(core).toMatchObject({ apiVersion: 'v1', involvedObject: regarding, message: 'hello' });
});

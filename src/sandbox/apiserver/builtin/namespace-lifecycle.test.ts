import { describe, expect, test } from 'vitest';

import {
  CONFIG_MAPS,
  freshCluster,
  NAMESPACES,
  refusalOf,
  settled,
} from '../../../../test/builders/api-cluster.ts';

const cluster = freshCluster();

describe('a namespace', () => {
  test('has its service account, and loses its contents with it', async () => {
    cluster.state.create(NAMESPACES, { metadata: { name: 'shop' } });
    await settled();
    const accounts = { group: '', version: 'v1', resource: 'serviceaccounts' };
    expect(cluster.state.get(accounts, 'shop', 'default')).toBeDefined();
    cluster.state.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'shop' } });
    cluster.state.delete(NAMESPACES, undefined, 'shop');
    expect(cluster.state.get(NAMESPACES, undefined, 'shop')?.status?.['phase']).toBe('Terminating');
    const late = { metadata: { name: 'late', namespace: 'shop' } };
    expect(refusalOf(() => cluster.state.create(CONFIG_MAPS, late))).toMatchObject({
      code: 403,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    await settled();
    expect(cluster.state.get(NAMESPACES, undefined, 'shop')).toBeUndefined();
    expect(cluster.state.list(CONFIG_MAPS, 'shop')).toEqual([]);
  });
});

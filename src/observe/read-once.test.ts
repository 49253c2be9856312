import { expect, it } from 'vitest';
import type { ClusterReader } from '../ports/cluster.ts';
import { DEPLOYMENT, SERVICE } from '../ports/kinds.ts';
import { readOnce } from './read-once.ts';

it('asks for each object once, also for one that does not exist', async () => {
  const asked: string[] = [];
  const reader: ClusterReader = {
    get: async (kind, namespace, name) => {
      asked.push(`${kind.kind} ${namespace}/${name}`);
      return name === 'gone'
        ? undefined
        : { apiVersion: 'v1', kind: kind.kind, metadata: { name } };
    },
    list: async () => [],
  };
  const once = readOnce(reader);
  const [first, second] = await Promise.all([
    once.get(DEPLOYMENT, 'shop', 'web'),
    once.get(DEPLOYMENT, 'shop', 'web'),
  ]);
  await once.get(SERVICE, 'shop', 'web');
  await once.get(SERVICE, 'pay', 'web');
  await once.get(SERVICE, 'shop', 'gone');
  expect(await once.get(SERVICE, 'shop', 'gone')).toBeUndefined();
  expect(first).toBe(second);
  expect(asked).toEqual([
    'Deployment shop/web',
    'Service shop/web',
    'Service pay/web',
    'Service shop/gone',
  ]);
});

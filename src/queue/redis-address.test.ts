import { expect, test } from 'vitest';
import { keyPrefix } from './redis-address.ts';

test('controllers of different clusters or namespaces share no keys, replicas share all', () => {
  const whole = keyPrefix('cluster-a');
  const apart = [whole, keyPrefix('cluster-b'), keyPrefix('cluster-a', 'shop')];
  expect(new Set([...apart, keyPrefix('cluster-a', 'team')]).size).toBe(4);
  expect(keyPrefix('cluster-a', 'shop')).toBe(keyPrefix('cluster-a', 'shop'));
  expect(apart.every((prefix) => /^\{[^{}]+\}$/.test(prefix))).toBe(true);
});

import { expect, test } from 'vitest';
import { addressProblem, keyPrefix } from './redis-address.ts';

test('controllers of different clusters or namespaces share no keys, replicas share all', () => {
  const whole = keyPrefix('cluster-a');
  const apart = [
    whole,
    keyPrefix('cluster-b'),
    ...[{ namespace: 'shop' }, { namespace: 'team' }].map((part) => keyPrefix('cluster-a', part)),
    ...[{ selector: 'shard=a' }, { selector: 'shard in (a,b)', namespace: 'shop' }].map((part) =>
      keyPrefix('cluster-a', part),
    ),
  ];
  expect(new Set(apart).size).toBe(6);
  const shop = { namespace: 'shop', selector: 'shard=a' };
  expect(keyPrefix('cluster-a', { ...shop })).toBe(keyPrefix('cluster-a', shop));
  expect(apart.every((prefix) => /^\{[^{}]+\}$/.test(prefix))).toBe(true);
});

test.each(['redis://me:p%40ss@redis:6379/0', 'rediss+sentinel://a:26379,b/main', 'unix:///a.sock'])(
  '%s is an address',
  (url) => {
    expect(addressProblem({ url })).toBeUndefined();
  },
);

test.each([
  ['http://me:hunter2@redis', /^the Redis URL is none; allowed is redis:\/\//],
  ['redis+sentinel://:hunter2@a:26379', /lacks the name of its master/],
  ['redis://:hunter2%zz@redis', /is not percent-encoded; write % as %25/],
  ['redis://:hunter2%ff@redis', /is not percent-encoded; write % as %25/],
])('%s is none, and its password is not repeated', (url, says) => {
  const problem = addressProblem({ url });
  expect(problem).toMatch(says);
  expect(problem).not.toContain('hunter2');
});

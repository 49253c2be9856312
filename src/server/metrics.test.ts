import { expect, test } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import type { Canary } from '../api/canary.ts';
import { Metrics } from './metrics.ts';

test('nothing is said of a canary that is gone, nor counted under its name', async () => {
  const [gone, stays] = ['gone', 'stays'].map((name) => aCanary({ metadata: { name } })) as [
    Canary,
    Canary,
  ];
  let canaries = [gone, stays];
  const metrics = new Metrics({
    version: '1',
    flaggerNames: true,
    canaries: () => canaries,
    inProgress: () => 0,
    lookedAt: () => 1,
    remembered: () => 0,
    redisAnswering: () => true,
    watchStale: () => false,
    sweepAgeMs: () => 0,
  });
  for (const canary of canaries) {
    metrics.rolloutEnded(canary, 'promoted');
    metrics.rolloutEnded(canary, 'failed');
  }
  expect(await metrics.registry.metrics()).toMatch('name="gone"');
  canaries = [stays];
  metrics.forget(gone.metadata);
  const text = await metrics.registry.metrics();
  expect(text).not.toMatch('gone');
  expect(text.match(/name="stays"/g)).not.toHaveLength(0);
});

import { expect, it } from 'vitest';
import { SweptStore, T0, WATCHED } from '../../../test/builders/swept-store.ts';
import { stepPeriod } from './period.ts';

const store = new SweptStore();

/** Swept a minute after T0, in blocks of five seconds. */
const SWEPT = T0 + 60_000;

it.each([
  ['before the step', SWEPT - 20_000, SWEPT + 1000, { after: SWEPT - 10_000, until: SWEPT }],
  ['in the step', SWEPT - 8000, SWEPT + 1000, { after: SWEPT - 5000, until: SWEPT }],
  ['which has had no block yet', SWEPT - 3000, SWEPT + 1000, { kind: 'pending' }],
  ['which has had none while one could be read', SWEPT - 3000, SWEPT + 10_900, { kind: 'pending' }],
  ['which should have had one', SWEPT - 3000, SWEPT + 11_100, { kind: 'no-data' }],
])('a window that begins %s', async (_, since, now, expected) => {
  const sweeper = store.sweeper();
  await store.sweepAt(sweeper, SWEPT + 1000);
  const asked = { intervalMs: 10_000, since, now };
  expect(stepPeriod({ sweeper, watched: WATCHED }, asked)).toMatchObject(expected);
});

it('what came just before a step may lie in the first sample of its first block', async () => {
  const sweeper = store.sweeper();
  await store.sweepAt(sweeper, SWEPT + 1000);
  const asked = { intervalMs: 30_000, since: SWEPT - 12_000, now: SWEPT + 1000 };
  const by = { sweeper, watched: WATCHED };
  expect(stepPeriod(by, asked)).toMatchObject({ after: SWEPT - 10_000 });
  expect(stepPeriod(by, { ...asked, afresh: true })).toMatchObject({ after: SWEPT - 5000 });
});

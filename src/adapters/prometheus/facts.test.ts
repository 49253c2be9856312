import { expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { factsOf } from './facts.ts';

const SENT = Date.parse('2026-11-21T10:00:00Z');
const answeredAt = (serverTime: number | undefined): Answer => ({
  data: { resultType: 'vector', result: [] },
  warnings: [],
  serverTime,
});

it.each([
  ['the same, as far as a second tells', SENT, 0],
  ['that no header tells', undefined, 0],
  ['ahead', SENT + 60_000, 60_480],
  ['behind', SENT - 60_000, -59_520],
])('the clock of a store is %s', (_, serverTime, offset) => {
  // Of our own clock, fractions of a millisecond are known; the plan keeps whole ones.
  const exchange = { sentAt: SENT + 0.25, readAt: SENT + 40.5 };
  const { offsetMs } = factsOf(answeredAt(serverTime), exchange, undefined);
  expect(offsetMs).toBe(offset);
});

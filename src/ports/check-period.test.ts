import { expect, it } from 'vitest';
import { checkPeriod, checkPeriodOrLast } from './check-period.ts';

const UNTIL = 900_000;
const asked = (intervalMs: number, since: number) => ({
  intervalMs,
  since,
  until: UNTIL,
  edgeMs: 15_000,
});

it.each<[string, number, number, number | undefined]>([
  ['as far back as the metric looks', 60_000, 0, UNTIL - 60_000],
  [
    'not beyond the beginning of the step, whole edges of it',
    60_000,
    UNTIL - 40_000,
    UNTIL - 30_000,
  ],
  ['an edge at least', 5000, 0, UNTIL - 15_000],
  ['none where no edge of the step has ended', 60_000, UNTIL - 10_000, undefined],
])('a check looks at %s', (_, intervalMs, since, after) => {
  const expected = after === undefined ? undefined : { after, until: UNTIL };
  expect(checkPeriod(asked(intervalMs, since))).toEqual(expected);
  expect(checkPeriodOrLast(asked(intervalMs, since))).toEqual({
    after: after ?? UNTIL - 15_000,
    until: UNTIL,
  });
});

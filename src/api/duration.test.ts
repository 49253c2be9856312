import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Duration, durationMs, formatDuration, parseDuration } from './duration.ts';

test.each([
  ['500ms', 500],
  ['1s', 1000],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['1h0m5s', 3_605_000],
  ['90s', 90_000],
  ['0s', 0],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '5', 's', '1', '-1s', '+1s', '1.5m', '1d', '1 m', '30s1m', '1M', '1s1s', '１s'])(
  "'%s' is no duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
    expect(() => durationMs(text)).toThrow(/is not a duration such as 30s or 1m30s/);
  },
);

test('what is formatted reads back as the same number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test.each([
  [0, '0s'],
  [90_000, '1m30s'],
  [3_600_000, '1h'],
  [1500, '1s500ms'],
  [0.4, '0s'],
])('%d ms is written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('the least duration of a field is included', () => {
  const AtLeastOneSecond = Duration('1s');
  expect(AtLeastOneSecond.safeParse('1s').success).toBe(true);
  expect(AtLeastOneSecond.safeParse('999ms').success).toBe(false);
});

import { expect, test } from 'vitest';
import { timeoutMs } from './service.ts';

test.each([
  ['15s', 15_000],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['1.5s', 1500],
  ['0.25h', 900_000],
  ['1s250ms', 1250],
])('a timeout of %s is %d ms', (text, ms) => {
  expect(timeoutMs(text)).toBe(ms);
});

import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { pause, pauseAfter, RetryLater } from './retry-later.ts';

describe('the pause after an attempt', () => {
  test.each([
    [1, 250, 500],
    [2, 500, 1000],
    [6, 8000, 16_000],
    [7, 15_000, 30_000],
    [10_000, 15_000, 30_000],
  ])('number %i is from %i to %i ms', (attempts, least, most) => {
    for (const error of [undefined, new Error('x'), new RetryLater('x')]) {
      const ms = pauseAfter(attempts, error);
      expect(ms).toBeGreaterThanOrEqual(least);
      expect(ms).toBeLessThanOrEqual(most);
    }
  });

  test('is whole, never 0, as long as was asked for, and never endless', () => {
    const asked = fc.double({ min: 0, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), asked, (attempts, afterMs) => {
        const ms = pauseAfter(attempts, new RetryLater('x', afterMs));
        expect(Number.isInteger(ms)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(250);
        expect(ms).toBeGreaterThanOrEqual(Math.min(afterMs, 300_000));
        expect(ms).toBeLessThanOrEqual(375_000);
      }),
    );
  });

  test('ends at once when it is called off', async () => {
    vi.useFakeTimers();
    const caller = new AbortController();
    const paused = pause(1e9, caller.signal);
    caller.abort();
    await paused;
    await pause(1e9, caller.signal);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

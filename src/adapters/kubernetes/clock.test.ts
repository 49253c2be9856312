import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverClock } from './clock.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What a server whose clock is `offset` ahead of `performance.now()` writes at that reading. */
function dateAt(reading: number, offset: number): string {
  return new Date(reading + offset).toUTCString();
}

describe('the clock', () => {
  it("is this machine's before the first answer", () => {
    expect(serverClock().now()).toBe(Date.now());
  });

  it('agrees with the server to a fraction of a second after a few answers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.array(fc.tuple(fc.nat(3_000), fc.nat(50), fc.nat(50)), { minLength: 40 }),
        (offset, answers) => {
          const clock = serverClock();
          for (const [pause, there, back] of answers) {
            vi.advanceTimersByTime(pause);
            const sentAt = performance.now();
            vi.advanceTimersByTime(there);
            const date = dateAt(performance.now(), offset);
            vi.advanceTimersByTime(back);
            clock.observe(date, sentAt, performance.now());
          }
          expect(Math.abs(clock.now() - (performance.now() + offset))).toBeLessThan(1_000);
        },
      ),
    );
  });

  it('makes replicas agree whose machines do not', () => {
    const offset = 1_800_000_000_000;
    const clocks = [serverClock(), serverClock()];
    for (let n = 0; n < 60; n++) {
      vi.advanceTimersByTime(137);
      const at = performance.now();
      for (const clock of clocks) clock.observe(dateAt(at, offset), at, at);
    }
    vi.setSystemTime(0);
    const [one = 0, other = 0] = clocks.map((clock) => clock.now());
    expect(one).toBe(other);
    expect(Math.abs(one - (performance.now() + offset))).toBeLessThan(100);
  });

  it.each([
    ['slow', dateAt(0, 9e11), 2_001],
    ['without a date', undefined, 10],
    ['with a date that is none', 'yesterday', 10],
  ])('ignores an answer that is %s', (_, date, took) => {
    const clock = serverClock();
    const at = performance.now();
    clock.observe(date, at, at + took);
    expect(clock.now()).toBe(Date.now());
  });

  it('never goes back while its estimate gets better', () => {
    const clock = serverClock();
    const readings: number[] = [];
    for (const phase of [0, 990, 500, 250, 750, 10, 400]) {
      vi.advanceTimersByTime(1_000);
      const at = performance.now();
      clock.observe(dateAt(at + phase, 1e12 - phase), at, at);
      readings.push(clock.now());
    }
    expect(readings).toEqual([...readings].sort((a, b) => a - b));
  });

  it('follows a server whose clock was set, in either direction', () => {
    const clock = serverClock();
    for (const offset of [1e12, 2e12, 1e12]) {
      const at = performance.now();
      clock.observe(dateAt(at, offset), at, at);
      expect(Math.abs(clock.now() - (at + offset))).toBeLessThan(1_000);
    }
  });
});

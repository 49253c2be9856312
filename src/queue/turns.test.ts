import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('runs a key once more when it was asked for meanwhile, never beside itself', async () => {
    const turns = new Turns();
    const gates: (() => void)[] = [];
    let [running, most, count] = [0, 0, 0];
    const turn = async () => {
      running += 1;
      count += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running -= 1;
    };
    const first = turns.take('a', turn);
    await turns.take('a', turn);
    await turns.take('a', turn);
    gates.shift()?.();
    await Promise.resolve();
    while (gates.length === 0) await Promise.resolve();
    gates.shift()?.();
    await first;
    expect([count, most, turns.size]).toEqual([2, 1, 0]);
  });

  it('runs other keys beside it', async () => {
    const turns = new Turns();
    const open: (() => void)[] = [];
    const held = turns.take('a', () => new Promise((resolve) => open.push(resolve)));
    await turns.take('b', async () => {});
    expect(turns.size).toBe(1);
    open[0]?.();
    await held;
  });

  it('lets a key go after a turn that failed', async () => {
    const turns = new Turns();
    await expect(turns.take('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(turns.askAgain('a')).toBe(false);
  });
});

describe('backoff', () => {
  it('doubles up to its limit, half of it by chance, and starts over after a success', () => {
    const backoff = new Backoff(100, 1000);
    const delays = Array.from({ length: 6 }, () => backoff.failed('a'));
    const most = [100, 200, 400, 800, 1000, 1000];
    expect(delays.every((delay, i) => delay >= (most[i] ?? 0) / 2 && delay <= (most[i] ?? 0))).toBe(
      true,
    );
    backoff.succeeded('a');
    expect(backoff.failed('a')).toBeLessThanOrEqual(100);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requestLimit } from './client-limit.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the request limit', () => {
  it('lets a burst go at once and the rest at its pace', async () => {
    const limit = requestLimit(10, 3);
    const waited: number[] = [];
    for (let n = 0; n < 6; n++) void limit.take('read').then((ms) => waited.push(ms));
    await vi.advanceTimersByTimeAsync(0);
    expect(waited).toEqual([0, 0, 0]);
    await vi.advanceTimersByTimeAsync(100);
    expect(waited).toEqual([0, 0, 0, 100]);
    await vi.advanceTimersByTimeAsync(200);
    expect(waited).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it('never saves up more than a burst', async () => {
    const limit = requestLimit(10, 2);
    await vi.advanceTimersByTimeAsync(60_000);
    let went = 0;
    for (let n = 0; n < 5; n++) void limit.take('read').then(() => (went += 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(went).toBe(2);
  });

  it('lets a write go before every list that waits', async () => {
    const limit = requestLimit(10, 1);
    const order: string[] = [];
    for (const name of ['list 1', 'list 2', 'list 3']) {
      void limit.take('read').then(() => order.push(name));
    }
    void limit.take('write').then(() => order.push('rollback'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(order).toEqual(['list 1', 'rollback', 'list 2', 'list 3']);
  });

  it('forgets whoever has given up', async () => {
    const limit = requestLimit(10, 1);
    await limit.take('read');
    const caller = new AbortController();
    const given = limit.take('read', caller.signal);
    const next = limit.take('read');
    caller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    await vi.advanceTimersByTimeAsync(100);
    expect(await next).toBe(100);
    await expect(limit.take('read', caller.signal)).rejects.toThrow('enough');
  });
});

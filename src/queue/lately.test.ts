import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Lately } from './lately.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what was lately', () => {
  test('is remembered for its time', () => {
    const lately = new Lately();
    lately.add('a', 1000);
    vi.advanceTimersByTime(999);
    expect(lately.has('a')).toBe(true);
    vi.advanceTimersByTime(1);
    expect(lately.has('a')).toBe(false);
  });

  test('makes room: the oldest is forgotten, one added again is not old', () => {
    const lately = new Lately(2);
    for (const id of ['a', 'b', 'a', 'c']) lately.add(id, 1000);
    expect(['a', 'b', 'c'].map((id) => lately.has(id))).toEqual([true, false, true]);
  });

  test('can be forgotten', () => {
    const lately = new Lately();
    for (const id of ['a', 'b', 'c']) lately.add(id, 1000);
    lately.delete('b');
    expect(['a', 'b', 'c'].map((id) => lately.has(id))).toEqual([true, false, true]);
    lately.clear();
    expect(lately.has('a')).toBe(false);
  });

  test('takes no room after its time, whether anybody asks for it or not', () => {
    const lately = new Lately();
    for (const id of ['a', 'b', 'c']) lately.add(id, 1000);
    vi.advanceTimersByTime(1000);
    lately.add('d', 1000);
    expect(lately.size).toBe(1);
  });
});

import { describe, expect, test } from 'vitest';
import { Patience } from './patience.ts';

describe('patience', () => {
  test('lets a few attempts at one provider run beside each other', () => {
    const patience = new Patience();
    const waits = Array.from({ length: 6 }, () => patience.begin('a', 0));
    expect(waits).toEqual([0, 0, 0, 0, 1000, 1000]);
    expect(patience.begin('b', 0)).toBe(0);
    patience.end('a', false, 0);
    expect(patience.begin('a', 0)).toBe(0);
  });

  test('leaves one that fails alone for longer and longer, half a minute at most', () => {
    const patience = new Patience();
    let now = 0;
    const pauses = Array.from({ length: 7 }, () => {
      expect(patience.begin('a', now)).toBe(0);
      patience.end('a', true, now);
      const pause = patience.begin('a', now);
      now += pause;
      return pause;
    });
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test('tries one that failed with one message, and trusts it again when that arrives', () => {
    const patience = new Patience();
    patience.begin('a', 0);
    patience.end('a', true, 0);
    expect(patience.begin('a', 1000)).toBe(0);
    expect(patience.begin('a', 1000)).toBe(1000);
    patience.end('a', false, 1000);
    expect([patience.begin('a', 1000), patience.begin('a', 1000)]).toEqual([0, 0]);
  });

  test('counts as one failure what fails together', () => {
    const patience = new Patience();
    for (let i = 0; i < 4; i += 1) patience.begin('a', 0);
    for (let i = 0; i < 4; i += 1) patience.end('a', true, i);
    expect(patience.begin('a', 30)).toBe(970);
    patience.begin('a', 1000);
    patience.end('a', true, 1000);
    expect(patience.begin('a', 1000)).toBe(2000);
  });

  test('keeps nothing of who answers as it should, nor of who is forgotten', () => {
    const patience = new Patience();
    for (const provider of ['a', 'shop/web/hook/b', 'shop/web-2/hook/c']) {
      patience.begin(provider, 0);
      patience.end(provider, provider !== 'a', 0);
    }
    patience.forget('shop/web/');
    expect(patience.size).toBe(1);
    expect(patience.begin('shop/web/hook/b', 0)).toBe(0);
  });

  test('waits as long as the provider asks, five minutes at most', () => {
    const patience = new Patience();
    patience.begin('a', 0);
    patience.end('a', true, 0, 45_000);
    expect(patience.begin('a', 0)).toBe(45_000);
    patience.begin('a', 45_000);
    patience.end('a', true, 45_000, 86_400_000);
    expect(patience.begin('a', 45_000)).toBe(300_000);
  });
});

import { describe, expect, it } from 'vitest';
import { sharedReads } from './shared-reads.ts';

describe('shared reads', () => {
  let now = 0;
  let asked = 0;
  const ask = () => Promise.resolve(++asked);

  it('ask once in their time, under each key', async () => {
    const share = sharedReads(5000, () => now);
    expect(await Promise.all([share('a', ask), share('a', ask), share('b', ask)])).toEqual([
      1, 1, 2,
    ]);
    now = 4999;
    expect(await share('a', ask)).toBe(1);
    now = 5000;
    expect(await share('a', ask)).toBe(3);
  });

  it('ask again after a failure', async () => {
    const share = sharedReads(5000, () => now);
    await expect(share('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await share('a', () => Promise.resolve('up'))).toBe('up');
  });
});

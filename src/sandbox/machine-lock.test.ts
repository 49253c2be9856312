import { describe, expect, test } from 'vitest';
import { withMachineLock } from './machine-lock.ts';

const NAME = `test-${process.pid}`;

describe.runIf(process.platform === 'linux')('a lock of the machine', () => {
  test('lets callers run one after the other, also after one that failed', async () => {
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 'done';
    };
    const failing = withMachineLock(NAME, async () => {
      await work();
      throw new Error('broken');
    });
    const others = Array.from({ length: 5 }, () => withMachineLock(NAME, work));
    await expect(failing).rejects.toThrow('broken');
    expect(await Promise.all(others)).toEqual(Array.from({ length: 5 }, () => 'done'));
    expect(most).toBe(1);
  });

  test('does not wait for one of another name', async () => {
    const inner = () => withMachineLock(`${NAME}-b`, () => Promise.resolve('both'));
    expect(await withMachineLock(`${NAME}-a`, inner)).toBe('both');
  });
});

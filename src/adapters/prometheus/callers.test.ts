import { expect, it } from 'vitest';
import { Callers } from './callers.ts';
import type { WatchedBy } from './fleet.ts';

const STEP = 0;

it.each<[string, [key: string, since: number, now: number][], number]>([
  ['a step is asked about', [['web', STEP, 10]], 1],
  [
    'again within half a minute, it is not',
    [
      ['web', STEP, 10],
      ['web', STEP, 30_009],
    ],
    1,
  ],
  [
    'half a minute later it is',
    [
      ['web', STEP, 10],
      ['web', STEP, 30_010],
    ],
    2,
  ],
  [
    'the next step is asked about at once',
    [
      ['web', STEP, 10],
      ['web', 20_000, 30_000],
    ],
    2,
  ],
  [
    'every canary for itself',
    [
      ['web', STEP, 10],
      ['api', STEP, 10],
      ['web', STEP, 20],
    ],
    2,
  ],
  [
    'also where the clock was put back',
    [
      ['web', STEP, 3_600_000],
      ['web', STEP, 10],
    ],
    2,
  ],
])('%s', async (_, looks, expected) => {
  let asked = 0;
  const callers = new Callers(async (by) => {
    asked += 1;
    return [{ name: by.watched.key, canary: 1, requests: 2 }];
  });
  for (const [key, since, now] of looks) {
    const by = { watched: { key } } as WatchedBy;
    expect(await callers.since(by, since, now)).toMatchObject([{ name: key }]);
  }
  expect(asked).toBe(expected);
});

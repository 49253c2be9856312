import { expect, test } from 'vitest';
import { happening } from '../../test/builders/happening.ts';
import { Timers } from './timers.ts';

/** Looks that end when they are told to. */
function looks(places: number) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const asked = new Map<string, ReturnType<typeof happening>>();
  const expected = (key: string) => {
    const found = asked.get(key) ?? happening();
    asked.set(key, found);
    return found;
  };
  const timers = new Timers(places, async ({ key }) => {
    begun.push(key);
    expected(key).happen();
    await new Promise<void>((resolve) => ends.set(key, resolve));
  });
  return {
    timers,
    begun,
    begins: (key: string) => expected(key).happened,
    end: (key: string) => ends.get(key)?.(),
  };
}

test('of all that are due, no more run at a time than there are places, in the order in which they came', async () => {
  const { timers, begun, begins, end } = looks(2);
  for (const key of ['a', 'b', 'c', 'd']) timers.add(key, 0);
  await begins('b');
  timers.add('c', 0);
  expect(begun).toEqual(['a', 'b']);
  end('b');
  await begins('c');
  end('a');
  await begins('d');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

test('what waits for a place can be called off, or be left to others', async () => {
  const { timers, begun, begins, end } = looks(1);
  for (const key of ['a', 'b', 'c', 'd']) timers.add(key, 0);
  await begins('a');
  timers.cancel('b');
  end('a');
  await begins('c');
  expect(timers.takeAll()).toEqual([{ key: 'd', at: 0 }]);
  end('c');
  timers.add('e', 0);
  await begins('e');
  expect(begun).toEqual(['a', 'c', 'e']);
});

test('the earliest time that was asked for counts', async () => {
  const { timers, begins } = looks(1);
  timers.add('a', Date.now() + 60_000);
  timers.add('a', 0);
  timers.add('a', Date.now() + 60_000);
  await begins('a');
  expect(timers.takeAll()).toEqual([]);
});

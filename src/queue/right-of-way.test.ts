import { beforeEach, expect, test } from 'vitest';
import { RightOfWay } from './right-of-way.ts';

const LONG_MS = 60_000;
let order: string[];

beforeEach(() => {
  order = [];
});

/** Urgent work, and what ends it. */
function urgent(name: string) {
  let end: (error?: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  const work = async () => {
    order.push(`${name} begins`);
    await ended.finally(() => order.push(`${name} ends`));
  };
  return { work, end };
}

test('nobody waits where nothing is urgent', async () => {
  await expect(new RightOfWay(LONG_MS).clear()).resolves.toBeUndefined();
});

test('others begin when all that is urgent is over, that which came meanwhile too', async () => {
  const way = new RightOfWay(LONG_MS);
  const [first, second] = [urgent('first'), urgent('second')];
  const running = way.run(first.work);
  const other = way.clear().then(() => order.push('other'));
  const later = way.run(second.work);
  first.end();
  await running;
  second.end();
  await Promise.all([later, other]);
  expect(order).toEqual(['first begins', 'second begins', 'first ends', 'second ends', 'other']);
});

test('what goes wrong urgently is told to who asked for it, and lets others go on', async () => {
  const way = new RightOfWay(LONG_MS);
  const failing = urgent('failing');
  const running = way.run(failing.work);
  const other = way.clear();
  failing.end(new Error('refused'));
  await expect(running).rejects.toThrow('refused');
  await expect(other).resolves.toBeUndefined();
});

test('nobody waits for ever for what never ends', async () => {
  const way = new RightOfWay(1);
  void way.run(() => new Promise(() => undefined));
  await expect(way.clear()).resolves.toBeUndefined();
});

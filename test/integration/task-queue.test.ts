import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Attempt, TaskQueue } from '../../src/queue/task-queue.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

interface Task {
  readonly name: string;
}

let redis: StoppableRedis;
let prefix: string;
let tests = 0;
const queues: TaskQueue<Task>[] = [];

beforeAll(async () => {
  redis = await redisAtPort();
});

afterAll(() => redis.stop());

beforeEach(() => {
  tests += 1;
  prefix = `{test-${tests}}`;
});

afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close(1000)));
});

function queueThat(
  run: (task: Task, signal: AbortSignal) => Promise<Attempt>,
  concurrency = 10,
  onWasOver: (task: Task) => void = () => {},
): TaskQueue<Task> {
  const options = { name: 'tasks', prefix, redis: { url: redis.url }, concurrency, run, onWasOver };
  const queue = new TaskQueue<Task>(options);
  queues.push(queue);
  return queue;
}

/** Resolves with the name of the next task that is attempted. */
function attempts(): { made: string[]; run: (task: Task) => Promise<Attempt> } {
  const made: string[] = [];
  return {
    made,
    run: ({ name }) => {
      made.push(name);
      return Promise.resolve('over');
    },
  };
}

async function connections(): Promise<number> {
  const client = new Redis(redis.url, { lazyConnect: true });
  const list = (await client.call('CLIENT', 'LIST')) as string;
  client.disconnect();
  return list.trim().split('\n').length - 1;
}

describe('a task', () => {
  test('is done once, however often and from however many replicas it is dispatched', async () => {
    const { made, run } = attempts();
    const [one, other] = [queueThat(run), queueThat(run)];
    const names = Array.from({ length: 50 }, (_, i) => `t-${i}`);
    for (let round = 0; round < 5; round += 1) {
      for (const name of names) {
        one.dispatch(name, { name });
        other.dispatch(name, { name });
      }
    }
    await vi.waitFor(() => expect(made).toHaveLength(50), 10_000);
    // All that both were given has passed through the queue once this one, given last, has.
    one.dispatch('last', { name: 'last' });
    await vi.waitFor(() => expect(made).toContain('last'), 10_000);
    expect(new Set(made).size).toBe(made.length);
  });

  test('that was over before is not done again, and whoever dispatches it hears of it', async () => {
    const { made, run } = attempts();
    const died = queueThat(run);
    died.dispatch('a', { name: 'a' });
    await vi.waitFor(() => expect(made).toEqual(['a']), 10_000);
    await died.close(1000);
    const heard = new Promise<Task>((resolve) => {
      queueThat(run, 10, resolve).dispatch('a', { name: 'a' });
    });
    expect(await heard).toEqual({ name: 'a' });
    expect(made).toEqual(['a']);
  });

  test('is tried again until it is over', async () => {
    let count = 0;
    const over = new Promise<void>((resolve) => {
      const queue = queueThat(() => {
        count += 1;
        if (count === 1) return Promise.resolve({ retry: 'not yet' });
        if (count === 2) return Promise.reject(new Error('trouble'));
        resolve();
        return Promise.resolve('over');
      });
      queue.dispatch('a', { name: 'a' });
    });
    await over;
    expect(count).toBe(3);
  });

  test('that hangs has its signal aborted, and does not keep the queue from closing', async () => {
    let aborted: Promise<unknown> | undefined;
    const begun = new Promise<void>((resolve) => {
      const queue = queueThat(async (_task, signal) => {
        aborted = once(signal, 'abort');
        resolve();
        await aborted;
        return { retry: 'called off' };
      });
      queue.dispatch('a', { name: 'a' });
    });
    await begun;
    const [queue] = queues.splice(0);
    await queue!.close(5000);
    await expect(aborted).resolves.toBeDefined();
  });

  test('waits for no other: one that hangs takes one place', async () => {
    const { made, run } = attempts();
    const queue = queueThat(
      (task, signal) =>
        task.name === 'slow' ? once(signal, 'abort').then(() => ({ retry: 'late' })) : run(task),
      2,
    );
    queue.dispatch('slow', { name: 'slow' });
    for (let i = 0; i < 20; i += 1) queue.dispatch(`t-${i}`, { name: `t-${i}` });
    await vi.waitFor(() => expect(made).toHaveLength(20), 10_000);
  });
});

describe('a replica that is killed', () => {
  test('leaves its task to another', async () => {
    const module = path.resolve('src/queue/task-queue.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(`
      const { TaskQueue } = await import(${JSON.stringify(module)});
      const queue = new TaskQueue({
        name: 'tasks', prefix: ${JSON.stringify(prefix)}, redis: { url: ${JSON.stringify(redis.url)} },
        concurrency: 1,
        run: () => { console.log('attempting'); return new Promise(() => {}); },
      });
      queue.dispatch('a', { name: 'a' });
    `);
    await once(createInterface(child.stdout), 'line');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { made, run } = attempts();
    queueThat(run);
    await vi.waitFor(() => expect(made).toEqual(['a']), { timeout: 45_000, interval: 200 });
  });
});

describe('without Redis', () => {
  beforeEach(() => redis.stop());
  afterEach(() => redis.start());

  test('the process does what it is given, once', async () => {
    const { made, run } = attempts();
    const queue = queueThat(run);
    const names = Array.from({ length: 20 }, (_, i) => `t-${i}`);
    for (const name of [...names, ...names]) queue.dispatch(name, { name });
    await vi.waitFor(() => expect(made).toHaveLength(20), 20_000);
    for (const name of names) queue.dispatch(name, { name });
    queue.dispatch('last', { name: 'last' });
    await vi.waitFor(() => expect(made).toContain('last'), 10_000);
    expect(made).toHaveLength(21);
  });

  test('it waits first when others may do it', async () => {
    const { made, run } = attempts();
    const queue = queueThat(run);
    queue.dispatch('later', { name: 'later' }, { aloneAfterMs: 1500 });
    queue.dispatch('now', { name: 'now' });
    await vi.waitFor(() => expect(made).toEqual(['now', 'later']), 20_000);
  });

  test('what it could not do yet goes to Redis when that is back', async () => {
    let isUp = false;
    const made: string[] = [];
    const queue = queueThat(({ name }) => {
      made.push(name);
      return Promise.resolve(isUp ? 'over' : { retry: 'down', afterMs: 300 });
    });
    queue.dispatch('a', { name: 'a' });
    await vi.waitFor(() => expect(made.length).toBeGreaterThan(0), 20_000);
    await redis.start();
    const client = new Redis(redis.url);
    await vi.waitFor(async () => expect(await client.exists(`${prefix}:tasks:a`)).toBe(1), {
      timeout: 20_000,
      interval: 100,
    });
    isUp = true;
    await vi.waitFor(
      async () => expect(await client.zscore(`${prefix}:tasks:completed`, 'a')).not.toBeNull(),
      { timeout: 20_000, interval: 100 },
    );
    client.disconnect();
    await redis.stop();
  });
});

describe('when Redis goes and comes back empty', () => {
  test('what was on its way is done when it is dispatched again, and nothing twice', async () => {
    let isUp = false;
    const done: string[] = [];
    const queue = queueThat(({ name }) => {
      if (!isUp) return Promise.resolve({ retry: 'down', afterMs: 1000 });
      done.push(name);
      return Promise.resolve('over');
    });
    const names = ['a', 'b', 'c'];
    const dispatch = () => {
      for (const name of names) queue.dispatch(name, { name });
    };
    dispatch();
    const client = new Redis(redis.url);
    client.on('error', () => {});
    await vi.waitFor(async () => expect(await client.zcard(`${prefix}:tasks:delayed`)).toBe(3), {
      timeout: 20_000,
    });
    client.disconnect();
    await redis.stop();
    isUp = true;
    await vi.waitFor(
      () => {
        dispatch();
        expect(done.toSorted()).toEqual(names);
      },
      { timeout: 20_000, interval: 100 },
    );
    await redis.start();
    names.push('d');
    await vi.waitFor(
      () => {
        dispatch();
        expect(done.toSorted()).toEqual(names);
      },
      { timeout: 20_000, interval: 100 },
    );
  });
});

describe('closing', () => {
  test('leaves no connection behind', async () => {
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
    const { made, run } = attempts();
    const queue = queueThat(run);
    queue.dispatch('a', { name: 'a' });
    await vi.waitFor(() => expect(made).toEqual(['a']), 10_000);
    expect(await connections()).toBeGreaterThan(0);
    await queues.splice(0)[0]!.close(1000);
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
    queue.dispatch('b', { name: 'b' });
    expect(made).toEqual(['a']);
  });
});

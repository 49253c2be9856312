import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { OutboxStore, owing } from '../../test/builders/outbox.ts';
import { ProcessMemory } from '../memory.ts';
import type { Delivery } from '../ports/notifier.ts';
import { pauseAfter, RetryLater } from '../queue/retry-later.ts';
import {
  createCourier,
  type Attempt,
  type CourierOptions,
  type DeliveryReport,
  type MessageTask,
  type RunningCourier,
} from './courier.ts';

const START = Date.parse('2026-03-01T12:00:00.000Z');
const AT = new Date(START).toISOString();

let store: OutboxStore;
let memory: ProcessMemory;
let reports: DeliveryReport[];
let givenUp: string[];
let looks: { key: string; at: number }[];
let dispatched: { id: string; task: MessageTask; aloneAfterMs: number | undefined }[];
let attempt: (task: MessageTask) => Promise<Attempt>;
let courier: RunningCourier;
/** What a provider does with a message. */
let provider: (name: string, key: string) => Promise<Delivery>;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  store = new OutboxStore();
  memory = new ProcessMemory();
  [reports, givenUp, looks, dispatched] = [[], [], [], []];
  provider = () => Promise.resolve({ kind: 'accepted' });
});

afterEach(() => {
  courier.close();
  vi.useRealTimers();
});

/** A courier whose queue only writes down what it is given. */
function start(options: Partial<CourierOptions> = {}): void {
  courier = createCourier({
    tasks: (make) => {
      attempt = (task) => make(task, new AbortController().signal);
      return {
        dispatch: (id, task, more) =>
          dispatched.push({ id, task, aloneAfterMs: more?.aloneAfterMs }),
      };
    },
    notifier: {
      deliver: (canary, { n }, key) => provider(`${canary.metadata.name}/${n}/${key}`, key),
    },
    canaries: store,
    clock: { now: () => Date.now() },
    memory,
    addHere: (key, at) => looks.push({ key, at }),
    acknowledgeAfterMs: 5000,
    onDelivery: (report) => reports.push(report),
    onGivenUp: (canary, sentence) => givenUp.push(`${canary.metadata.name}: ${sentence}`),
    ...options,
  });
}

const accepted = { n: 1, written: AT, provider: 'events', at: START };

function task(more: Partial<MessageTask> = {}): MessageTask {
  const uid = 'uid-web';
  return { namespace: 'shop', name: 'web', uid, n: 1, at: AT, provider: 'events', ...more };
}

describe('one message', () => {
  test('is delivered, remembered, and looked at when the acknowledgement is due', async () => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['events'] }]));
    expect(await attempt(task())).toBe('over');
    const key = { namespace: 'shop', name: 'web' };
    expect(memory.accepted(key)).toEqual([{ n: 1, written: AT, provider: 'events', at: START }]);
    expect(looks).toEqual([{ key: 'shop/web', at: START + 5100 }]);
    const delivered = { key, n: 1, provider: 'events', outcome: 'accepted', why: '' };
    expect(reports).toEqual([{ ...delivered, id: expect.stringMatching(/^m-[\w-]+$/) }]);
  });

  test('is tried again when the provider does not take it', async () => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['events'] }]));
    provider = () => Promise.resolve({ kind: 'retry', why: 'answered 503', afterMs: 7000 });
    expect(await attempt(task())).toEqual({ retry: 'answered 503', afterMs: 7000 });
    expect(looks).toEqual([]);
    expect(reports).toMatchObject([{ outcome: 'retry', why: 'answered 503' }]);
  });

  test.each<[string, () => void]>([
    ['the canary is gone', () => store.remove({ namespace: 'shop', name: 'web' })],
    [
      'it is another canary of that name',
      () => {
        const other = owing('web', [{ n: 1, at: AT, owed: ['events'] }]);
        store.put({ ...other, metadata: { ...other.metadata, uid: 'another' } });
      },
    ],
    ['it was acknowledged', () => store.put(owing('web', [{ n: 2, at: AT, owed: ['events'] }]))],
    ['this provider has it', () => store.put(owing('web', [{ n: 1, at: AT, owed: ['default'] }]))],
    [
      'it is another message of that number',
      () => store.put(owing('web', [{ n: 1, at: '2026-03-02T00:00:00.000Z', owed: ['events'] }])),
    ],
    [
      'it was accepted a moment ago',
      () => memory.accept({ namespace: 'shop', name: 'web' }, accepted),
    ],
  ])('is dropped when %s', async (_, change) => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['events'] }]));
    change();
    provider = () => Promise.reject(new Error('must not be told'));
    expect(await attempt(task())).toBe('over');
    expect(reports).toEqual([]);
  });

  test('waits for a local store that has not heard of it, but not for ever', async () => {
    start();
    store.put(owing('web', []));
    expect(await attempt(task())).toMatchObject({ afterMs: 500 });
    vi.setSystemTime(START + 300_000);
    expect(await attempt(task())).toBe('over');
  });

  test('to an alert that was taken out of the Canary is told no more', async () => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['shop/pager', 'shop/chat'] }], ['chat']));
    const told: string[] = [];
    provider = (name) => {
      told.push(name);
      return Promise.resolve({ kind: 'accepted' });
    };
    await attempt(task({ provider: 'shop/pager' }));
    await attempt(task({ provider: 'shop/chat' }));
    expect(told).toEqual(['web/1/shop/chat']);
    expect(memory.accepted({ namespace: 'shop', name: 'web' })).toHaveLength(2);
  });
});

describe('a message that is refused', () => {
  const refusal: Delivery = { kind: 'refused', why: 'AlertProvider shop/chat: answered 404' };
  const key = { provider: 'shop/chat' };

  beforeEach(() => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['shop/chat'] }], ['chat']));
    provider = () => Promise.resolve(refusal);
  });

  test('is tried for half an hour, then given up aloud', async () => {
    expect(await attempt(task(key))).toEqual({ retry: refusal.why, afterMs: 60_000 });
    vi.setSystemTime(START + 30 * 60_000 - 1);
    expect(await attempt(task(key))).toMatchObject({ afterMs: 60_000 });
    expect(givenUp).toEqual([]);
    vi.setSystemTime(START + 30 * 60_000);
    expect(await attempt(task(key))).toBe('over');
    expect(givenUp).toEqual([
      "web: message 1 ('web: message 1') was given up: AlertProvider shop/chat: answered 404",
    ]);
    expect(reports.at(-1)).toMatchObject({ outcome: 'given-up', why: refusal.why });
    expect(looks).toHaveLength(1);
  });

  test('arrives when people mend the address in time', async () => {
    await attempt(task(key));
    vi.setSystemTime(START + 29 * 60_000);
    provider = () => Promise.resolve({ kind: 'accepted' });
    expect(await attempt(task(key))).toBe('over');
    expect(givenUp).toEqual([]);
  });

  test('only now and then has half an hour from each time', async () => {
    await attempt(task(key));
    vi.setSystemTime(START + 20 * 60_000);
    provider = () => Promise.resolve({ kind: 'retry', why: 'answered 503' });
    await attempt(task(key));
    vi.setSystemTime(START + 40 * 60_000);
    provider = () => Promise.resolve(refusal);
    expect(await attempt(task(key))).toMatchObject({ retry: refusal.why });
  });

  test('is given up in time however many of other canaries were refused before', async () => {
    for (let i = 0; i < 10_000; i += 1) {
      const uid = `uid-${i}`;
      store.put(owing(`gone-${i}`, [{ n: 1, at: AT, owed: ['shop/chat'] }], ['chat']));
      await attempt(task({ ...key, name: `gone-${i}`, uid }));
    }
    await attempt(task(key));
    vi.setSystemTime(START + 30 * 60_000);
    expect(await attempt(task(key))).toBe('over');
    expect(givenUp).toHaveLength(1);
  });

  test('or never taken is given up after three days', async () => {
    provider = () => Promise.resolve({ kind: 'retry', why: 'AlertProvider shop/chat: no answer' });
    vi.setSystemTime(START + 3 * 86_400_000 - 1);
    expect(await attempt(task(key))).toMatchObject({ retry: expect.any(String) as string });
    vi.setSystemTime(START + 3 * 86_400_000 + 60_000);
    expect(await attempt(task(key))).toBe('over');
    expect(givenUp).toHaveLength(1);
  });
});

describe('what is owed', () => {
  test('is given to the queue again and again, under one name', () => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['events', 'default'] }]));
    vi.advanceTimersByTime(5000);
    expect(dispatched).toHaveLength(4);
    const ids = new Set(dispatched.map(({ id }) => id));
    expect(ids.size).toBe(2);
    expect([...ids].every((id) => /^[A-Za-z0-9_-]{10,100}$/.test(id))).toBe(true);
    expect(dispatched[0]?.task).toEqual(task());
  });

  test('is not given once it was accepted', () => {
    start();
    store.put(owing('web', [{ n: 1, at: AT, owed: ['events'] }]));
    memory.accept({ namespace: 'shop', name: 'web' }, accepted);
    vi.advanceTimersByTime(10_000);
    expect(dispatched).toEqual([]);
  });

  test('has another name for another message of the same number', () => {
    start();
    const [one, other] = [AT, '2026-03-02T00:00:00.000Z'].map((at) =>
      owing('web', [{ n: 1, at, owed: ['events'] }]),
    );
    courier.dispatch(one!, one!.status!.outbox![0]!, 'events');
    courier.dispatch(other!, other!.status!.outbox![0]!, 'events');
    expect(dispatched[0]?.id).not.toBe(dispatched[1]?.id);
  });

  test('without Redis is first the work of whoever stored it', () => {
    start();
    const before = owing('web', [{ n: 1, at: AT, owed: ['events'] }]);
    const after = owing(
      'web',
      [1, 2].map((n) => ({ n, at: AT, owed: ['events'] })),
    );
    courier.stored(before, after);
    for (const message of after.status!.outbox!) courier.dispatch(after, message, 'events');
    expect(dispatched.map(({ aloneAfterMs }) => aloneAfterMs)).toEqual([15_000, 0]);
  });
});

describe('a provider that is down for ten minutes', () => {
  test('loses nothing, and delays nothing else', async () => {
    const delivered: { name: string; minute: number }[] = [];
    const since = () => (Date.now() - START) / 60_000;
    provider = async (name, key) => {
      if (key === 'shop/down' && since() < 10) {
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        return { kind: 'retry', why: 'no answer within 10 s' };
      }
      delivered.push({ name, minute: since() });
      return { kind: 'accepted' };
    };
    const queue = new FakeQueue(8);
    start({
      tasks: (make) => {
        queue.run = make;
        return queue;
      },
      addHere: (text) => {
        const [namespace = '', name = ''] = text.split('/');
        const key = { namespace, name };
        setTimeout(() => store.acknowledge(key, memory.accepted(key)), 5000);
      },
    });
    // One message a canary and second, each owed to four providers.
    const providers = ['events', 'shop/down', 'shop/one', 'shop/other'];
    for (let second = 0; second < 60; second += 1) {
      const at = new Date().toISOString();
      store.put(owing(`web-${second}`, [{ n: 1, at, owed: providers }], ['down', 'one', 'other']));
      await vi.advanceTimersByTimeAsync(1000);
    }
    await vi.advanceTimersByTimeAsync(8 * 60_000);
    const healthy = delivered.filter(({ name }) => !name.includes('down'));
    expect(healthy).toHaveLength(180);
    // The last was written in the first minute, and lay five seconds at most before the sweep saw it.
    expect(Math.max(...healthy.map(({ minute }) => minute))).toBeLessThan(1.2);

    await vi.advanceTimersByTimeAsync(4 * 60_000);
    expect(delivered).toHaveLength(240);
    expect(new Set(delivered.map(({ name }) => name)).size).toBe(240);
    expect(store.owed()).toEqual([]);
  });
});

/** A queue with a few places, that pauses as the real one does. */
class FakeQueue {
  run: (task: MessageTask, signal: AbortSignal) => Promise<Attempt> = () => Promise.resolve('over');
  readonly #known = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  dispatch(id: string, task: MessageTask): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    void this.#carry(task);
  }

  async #carry(task: MessageTask): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      if (this.#free > 0) this.#free -= 1;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const attempt = await this.run(task, new AbortController().signal);
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
      if (attempt === 'over') return;
      const pause = pauseAfter(attempts, new RetryLater(attempt.retry, attempt.afterMs));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

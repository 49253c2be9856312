import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNotifier } from '../../src/adapters/webhooks/notifier.ts';
import { createOutgoing } from '../../src/adapters/webhooks/outgoing.ts';
import type { Canary } from '../../src/api/canary.ts';
import { ProcessMemory } from '../../src/memory.ts';
import {
  createCourier,
  type DeliveryReport,
  type MessageTask,
  type RunningCourier,
} from '../../src/notify/courier.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { TaskQueue } from '../../src/queue/task-queue.ts';
import { OutboxStore, owing } from '../builders/outbox.ts';
import { reachWithLoopback } from '../builders/reach.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';
import {
  cut,
  type Received,
  type Reply,
  scriptedServer,
  type ScriptedServer,
  text,
} from '../builders/scripted-server.ts';

/** Longer than the slowest way back: a sweep, an emptied Redis, and a provider left alone. */
const PATIENCE = { timeout: 50_000, interval: 100 };

let redis: StoppableRedis;
let receiver: ScriptedServer;
let store: OutboxStore;
let tests = 0;
const outgoing = createOutgoing(reachWithLoopback());
const replicas: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  [redis, receiver] = await Promise.all([redisAtPort(), scriptedServer()]);
});

afterAll(async () => {
  await Promise.all([redis.stop(), receiver.close(), outgoing.close()]);
});

beforeEach(() => {
  tests += 1;
  store = new OutboxStore();
});

afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
});

interface Replica {
  readonly reports: DeliveryReport[];
  readonly courier: RunningCourier;
  close(): Promise<void>;
}

/**
 * What carries messages in one replica of the controller; the store is what all of them watch. One
 * that does not acknowledge dies before it can.
 */
function replica({ acknowledges = true } = {}): Replica {
  const memory = new ProcessMemory();
  const reports: DeliveryReport[] = [];
  let queue: TaskQueue<MessageTask> | undefined;
  const courier = createCourier({
    tasks: (run, onWasOver) => {
      queue = new TaskQueue<MessageTask>({
        name: 'notifications',
        prefix: `{outbox-${tests}}`,
        redis: { url: redis.url },
        concurrency: 16,
        run,
        onWasOver,
      });
      return queue;
    },
    notifier: createNotifier({
      outgoing,
      api: { get: () => Promise.resolve(undefined) },
      readProvider,
      createEvent: () => Promise.resolve(),
      defaultSlack: undefined,
      crossNamespaceRefs: true,
    }),
    canaries: store,
    clock: { now: () => Date.now() },
    memory,
    acknowledgeAfterMs: 100,
    addHere: (text, at) => {
      const [namespace = '', name = ''] = text.split('/');
      const acknowledge = () =>
        store.acknowledge({ namespace, name }, memory.accepted({ namespace, name }));
      if (acknowledges) setTimeout(acknowledge, at - Date.now());
    },
    onDelivery: (report) => reports.push(report),
    onGivenUp: () => {},
  });
  const close = async () => {
    courier.close();
    await queue?.close(1000);
  };
  replicas.push({ close });
  return { reports, courier, close };
}

function readProvider(namespace: string, name: string): KubeObject {
  return {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'AlertProvider',
    metadata: { name, namespace },
    spec: { type: 'webhook', address: `${receiver.url}/${name}` },
  };
}

/** Stores canaries that owe messages to a provider. */
function owe(names: readonly string[], messages: number, provider = 'chat'): Canary[] {
  const at = new Date().toISOString();
  const owed = [`shop/${provider}`];
  const outbox = Array.from({ length: messages }, (_, i) => ({ n: i + 1, at, owed }));
  const canaries = names.map((name) => owing(name, outbox, [provider]));
  store.put(...canaries);
  return canaries;
}

function keyOf({ headers }: Received): string {
  return String(headers['idempotency-key']);
}

function expectedKeys(names: readonly string[], messages: number): string[] {
  return names
    .flatMap((name) => Array.from({ length: messages }, (_, i) => `uid-${name}/${i + 1}/shop/chat`))
    .toSorted();
}

/** Answers like `whileDown` until it is told to be up; what was accepted is written down. */
function fickle(whileDown: Reply): { accepted: string[]; reply: Reply; up: () => void } {
  const accepted: string[] = [];
  let isUp = false;
  return {
    accepted,
    reply: (response, received) => {
      if (!isUp) {
        whileDown(response, received);
        return;
      }
      accepted.push(keyOf(received));
      response.writeHead(204).end();
    },
    up: () => {
      isUp = true;
    },
  };
}

describe('messages', () => {
  test('arrive once each when the receiver is back, from two replicas', async () => {
    const { accepted, reply, up } = fickle(text(503, 'down'));
    receiver.play(reply);
    owe(['a', 'b', 'c', 'd'], 3);
    replica();
    replica();
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThanOrEqual(4), PATIENCE);
    up();
    await vi.waitFor(() => expect(store.owed()).toEqual([]), PATIENCE);
    expect(accepted.toSorted()).toEqual(expectedKeys(['a', 'b', 'c', 'd'], 3));
  });

  test('are written down by the next process when the one that delivered them died', async () => {
    receiver.play(text(200, ''));
    owe(['a', 'b'], 2);
    const died = replica({ acknowledges: false });
    await vi.waitFor(() => expect(died.reports).toHaveLength(4), PATIENCE);
    await died.close();
    expect(store.owed()).toHaveLength(4);
    replica();
    await vi.waitFor(() => expect(store.owed()).toEqual([]), PATIENCE);
    expect(receiver.received.map(keyOf).toSorted()).toEqual(expectedKeys(['a', 'b'], 2));
  });

  test('survive an emptied Redis', async () => {
    const { accepted, reply, up } = fickle(text(500, 'down'));
    receiver.play(reply);
    owe(['a', 'b'], 2);
    replica();
    const client = new Redis(redis.url);
    const waiting = () => client.zcard(`{outbox-${tests}}:notifications:delayed`);
    await vi.waitFor(async () => expect(await waiting()).toBe(4), PATIENCE);
    await client.flushall();
    expect(await waiting()).toBe(0);
    client.disconnect();
    up();
    await vi.waitFor(() => expect(store.owed()).toEqual([]), PATIENCE);
    expect(accepted.toSorted()).toEqual(expectedKeys(['a', 'b'], 2));
  });

  test('survive a Redis that goes away and comes back empty', async () => {
    const { accepted, reply, up } = fickle(text(500, 'down'));
    receiver.play(reply);
    const one = replica();
    replica();
    for (const canary of owe(['a', 'b'], 1)) one.courier.stored(owing('', []), canary);
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(0), PATIENCE);
    await redis.stop();
    try {
      up();
      await vi.waitFor(() => expect(store.owed()).toEqual([]), PATIENCE);
    } finally {
      await redis.start();
    }
    owe(['c'], 1);
    await vi.waitFor(() => expect(store.owed()).toEqual([]), PATIENCE);
    expect(accepted.toSorted()).toEqual(expectedKeys(['a', 'b', 'c'], 1));
  });

  test('whose answer was lost come again under the same key', async () => {
    receiver.play(cut(), text(200, ''));
    owe(['a'], 1);
    const { reports } = replica();
    await vi.waitFor(() => expect(store.owed()).toEqual([]), PATIENCE);
    expect(receiver.received.map(keyOf)).toEqual(
      Array.from({ length: 2 }, () => 'uid-a/1/shop/chat'),
    );
    expect(receiver.received[1]?.body).toEqual(receiver.received[0]?.body);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['retry', 'accepted']);
    expect(reports[0]?.why).toMatch(/^AlertProvider shop\/chat: the connection was cut/);
  });

  test('for others do not wait for a receiver that is silent', async () => {
    receiver.play((response, { path }) => {
      if (path === '/chat') response.writeHead(200).end();
    });
    owe(['a', 'b', 'c', 'd', 'e', 'f'], 4, 'silent');
    replica();
    const silent = () => receiver.received.filter(({ path }) => path === '/silent').length;
    await vi.waitFor(() => expect(silent()).toBeGreaterThan(0), PATIENCE);
    owe(['other'], 1);
    await vi.waitFor(
      () => expect(receiver.received.some(({ path }) => path === '/chat')).toBe(true),
      PATIENCE,
    );
    expect(store.owed().filter((name) => name.includes('silent'))).toHaveLength(24);
  });
});

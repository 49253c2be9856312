import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createNotifier, type NotifierOptions } from '../../src/adapters/webhooks/notifier.ts';
import { createOutgoing } from '../../src/adapters/webhooks/outgoing.ts';
import type { Message } from '../../src/api/status.ts';
import type { KubeObject, ResourceKind } from '../../src/ports/cluster.ts';
import type { Delivery } from '../../src/ports/notifier.ts';
import { aCanary } from './canary.ts';
import { reachWithLoopback } from './reach.ts';
import { scriptedServer, type ScriptedServer } from './scripted-server.ts';

const MESSAGE: Message = {
  n: 3,
  at: '2026-03-01T12:00:00.000Z',
  kind: 'promoted',
  severity: 'info',
  text: 'checkout: promoted',
  owed: [],
};

/** Stands in every place that is secret; no sentence may hold it. */
export const PLANTED = 'kxZ9Qw8Lm4TtPpYy7Rr2';

export const CANARY = aCanary({
  analysis: {
    alerts: [{ name: 'on call', providerRef: { name: 'on-call' } }],
    webhooks: [
      {
        name: 'tell ops',
        type: 'event',
        url: `http://127.0.0.1:1/?token=${PLANTED}`,
        metadata: { team: 'shop', eventType: 'mine' },
      },
    ],
  },
});

/** What the notifier of the test that runs speaks to. */
export let server: ScriptedServer;
/** In the cluster. */
export const objects: KubeObject[] = [];
const outgoing = createOutgoing(reachWithLoopback());

/** A receiver for the tests of a file, and for each of them an empty cluster. */
export function useNotifier(): void {
  beforeAll(async () => {
    server = await scriptedServer();
  });
  afterAll(async () => {
    await outgoing.close();
    await server.close();
  });
  beforeEach(() => {
    objects.length = 0;
  });
}

export function provider(spec: Record<string, unknown>, namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'AlertProvider',
    metadata: { name: 'on-call', namespace },
    spec,
  };
}

export function secret(data: Record<string, string>): KubeObject {
  const encoded = Object.entries(data).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'chat', namespace: 'shop' },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

function find(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
  return objects.find(
    ({ kind: k, metadata }) =>
      k === kind && metadata.namespace === namespace && metadata.name === name,
  );
}

/** Whatever comes of it, no sentence holds what is planted. */
export async function deliver(
  key: string,
  options: Partial<NotifierOptions> = {},
  canary = CANARY,
): Promise<Delivery> {
  const notifier = createNotifier({
    outgoing,
    api: {
      get: (kind: ResourceKind, namespace, name) =>
        Promise.resolve(find(kind.kind, namespace, name)),
    },
    readProvider: (namespace, name) => find('AlertProvider', namespace, name),
    createEvent: () => Promise.resolve(),
    defaultSlack: undefined,
    crossNamespaceRefs: true,
    ...options,
  });
  const delivery = await notifier.deliver(canary, MESSAGE, key, new AbortController().signal);
  const told = JSON.stringify(delivery);
  if (told.includes(PLANTED)) throw new Error(`a secret is told: ${told}`);
  return delivery;
}

/** The AlertProvider `shop/on-call` of this type, its address in a Secret. */
export function addressed(
  type: string,
  data: Record<string, string> = {},
  spec: object = {},
): void {
  objects.push(
    provider({ type, secretRef: { name: 'chat' }, ...spec }),
    secret({ address: `${server.url}/${PLANTED}?key=${PLANTED}\n`, ...data }),
  );
}

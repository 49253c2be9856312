import { describe, expect, test } from 'vitest';
import { FakeCluster } from '../../test/builders/fake-cluster.ts';
import type { ApiClient, CallOptions } from '../ports/cluster.ts';
import { DEPLOYMENT, SERVICE } from '../ports/kinds.ts';
import { abortedWithLook, withinLook } from './within-look.ts';

const WEB = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } };

/** Every way to ask but the watch. */
const ASK: Record<string, (api: ApiClient) => Promise<unknown>> = {
  get: (api) => api.get(SERVICE, 'shop', 'web'),
  list: (api) => api.list(SERVICE, { namespace: 'shop' }),
  create: (api) => api.create(SERVICE, WEB),
  replace: (api) => api.replace(SERVICE, WEB),
  patch: (api) => api.patch(SERVICE, 'shop', 'web', 'merge', {}),
  delete: (api) => api.delete(SERVICE, 'shop', 'web', {}),
};

/** A client that only tells with which signals it was asked. */
function listening(): { api: ApiClient; signals: (AbortSignal | undefined)[] } {
  const signals: (AbortSignal | undefined)[] = [];
  const asked = (...args: unknown[]) => {
    signals.push((args.at(-1) as CallOptions | undefined)?.signal);
    return Promise.resolve(WEB);
  };
  const every = { get: asked, list: asked, create: asked, replace: asked };
  const api = Object.assign(new FakeCluster(), { ...every, patch: asked, delete: asked });
  return { api: abortedWithLook(api), signals };
}

describe('a request within a look', () => {
  test.each(Object.entries(ASK))('has its signal: %s', async (_, ask) => {
    const { api, signals } = listening();
    const { signal } = new AbortController();
    await withinLook(signal, () => ask(api));
    await ask(api);
    expect(signals).toEqual([signal, undefined]);
  });

  test('has that of its own look, whatever runs beside it', async () => {
    const { api, signals } = listening();
    const looks = [new AbortController().signal, new AbortController().signal];
    await Promise.all(
      looks.map((signal) =>
        withinLook(signal, async () => {
          await api.get(DEPLOYMENT, 'shop', 'web');
          await api.get(SERVICE, 'shop', 'web');
        }),
      ),
    );
    expect(signals).toEqual([...looks, ...looks]);
  });

  test('has none once the look is over, for what it left behind', async () => {
    const { api, signals } = listening();
    let goOn = (): void => undefined;
    const over = new Promise<void>((resolve) => (goOn = resolve));
    const left = await withinLook(new AbortController().signal, () => {
      const later = over.then(() => api.get(SERVICE, 'shop', 'web'));
      return Promise.resolve({ later });
    });
    goOn();
    await left.later;
    expect(signals).toEqual([undefined]);
  });

  test('keeps a signal of its own', async () => {
    const { api, signals } = listening();
    const { signal } = new AbortController();
    await withinLook(new AbortController().signal, () => api.list(SERVICE, { signal }));
    expect(signals).toEqual([signal]);
  });
});

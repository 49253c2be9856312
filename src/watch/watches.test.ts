import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeCluster } from '../../test/builders/fake-cluster.ts';
import { type OpenWatch, refused, ScriptedWatch } from '../../test/builders/scripted-watch.ts';
import { keyText, type CanaryKey } from '../ports/canaries.ts';
import type { ApiClient, KubeObject, ListOptions, ResourceKind } from '../ports/cluster.ts';
import {
  apiVersionOf,
  CANARY_KIND,
  CONFIG_MAP,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  POD,
  SECRET,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../ports/kinds.ts';
import type { Log } from './log.ts';
import { cachedReader, liveReader } from './reader.ts';
import { remembering } from './remembering.ts';
import { openWatches, startWatches, WATCHED, type Watches } from './watches.ts';

/** A cluster in memory with one scripted watch for each kind. */
class Cluster extends FakeCluster {
  readonly scripts = new Map<string, ScriptedWatch>();
  readonly listed: [kind: string, options: ListOptions][] = [];

  override async list(kind: ResourceKind, options: ListOptions = {}) {
    this.listed.push([kind.kind, options]);
    const { answer } = this.script(kind);
    await answer();
    return super.list(kind, options);
  }

  override watch(...[kind, options]: Parameters<ApiClient['watch']> | []) {
    if (kind === undefined || options === undefined) throw new Error('watch of nothing');
    return this.script(kind).watch(kind, options);
  }

  script(kind: ResourceKind): ScriptedWatch {
    const script = this.scripts.get(kind.kind) ?? new ScriptedWatch();
    this.scripts.set(kind.kind, script);
    return script;
  }

  /** Changes an object, and its watch tells. */
  change(kind: ResourceKind, object: KubeObject): void {
    this.script(kind).last.send({ type: 'MODIFIED', object: this.put(object) });
  }

  open(kind: ResourceKind): OpenWatch {
    return this.script(kind).last;
  }
}

let cluster: Cluster;
let watches: Watches;
let keys: string[][];
let errors: unknown[];

const log: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (facts) => errors.push(facts),
};
const onKeys = (woken: readonly { namespace: string; name: string }[]) => {
  keys.push(woken.map(keyText));
};

beforeEach(() => {
  vi.useFakeTimers();
  cluster = new Cluster();
  keys = [];
  errors = [];
  cluster.put(canary());
  cluster.put(object(DEPLOYMENT, 'checkout', { spec: { replicas: 1 } }));
});
afterEach(() => {
  watches.stop();
  vi.useRealTimers();
});

async function start(): Promise<void> {
  watches = await startWatches(cluster, { onKeys, log });
  await settle();
}
const settle = () => vi.advanceTimersByTimeAsync(1);

function object(kind: ResourceKind, name: string, more: object = {}): KubeObject {
  const metadata = { namespace: 'shop', name };
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...more };
}

function canary(more: object = {}): KubeObject {
  return object(CANARY_KIND, 'checkout', {
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      service: { port: 80 },
      analysis: { stepWeight: 20 },
    },
    ...more,
  });
}

describe('watches', () => {
  it('are ready when everything is listed, and then tell of every canary once', async () => {
    await start();
    expect(cluster.listed).toHaveLength(WATCHED.length);
    expect(keys).toEqual([['shop/checkout']]);
    expect(watches.store.list(DEPLOYMENT)).toHaveLength(1);
    expect(watches.isStale()).toBe(false);
    expect(watches.health()).toHaveLength(WATCHED.length);
  });

  it('ask for the content of no ConfigMap and no Secret', async () => {
    cluster.put(object(SECRET, 'key', { data: { password: 'aHVudGVyMg==' } }));
    await start();
    const partial = cluster.listed.filter(([, { metadataOnly }]) => metadataOnly === true);
    expect(partial.map(([kind]) => kind)).toEqual([CONFIG_MAP.kind, SECRET.kind]);
    expect(JSON.stringify(watches.store.list(SECRET))).not.toContain('aHVudGVyMg');
  });

  it('keep to one namespace', async () => {
    watches = await startWatches(cluster, { namespace: 'shop', onKeys, log });
    expect(new Set(cluster.listed.map(([, { namespace }]) => namespace))).toEqual(
      new Set(['shop']),
    );
  });

  it('keep to canaries of a selector, and know that there may be others', async () => {
    watches = await startWatches(cluster, { selector: 'shard=a', onKeys, log });
    const selected = cluster.listed.filter(([, { labelSelector }]) => labelSelector !== undefined);
    expect(selected).toMatchObject([[CANARY_KIND.kind, { labelSelector: 'shard=a' }]]);
    expect([watches.store.holds(CANARY_KIND), watches.store.holds(DEPLOYMENT)]).toEqual([
      false,
      true,
    ]);
  });

  it('tell of one burst once', async () => {
    await start();
    for (const replicas of [2, 3, 4]) {
      cluster.change(DEPLOYMENT, object(DEPLOYMENT, 'checkout', { spec: { replicas } }));
    }
    cluster.change(SERVICE, object(SERVICE, 'checkout'));
    await settle();
    expect(keys.slice(1)).toEqual([['shop/checkout']]);
  });

  it('tell of a canary that is gone, and of one that another of its name replaced', async () => {
    const gone: string[] = [];
    const onGone = (key: CanaryKey) => gone.push(keyText(key));
    watches = await startWatches(cluster, { onKeys, onGone, log });
    cluster.change(CANARY_KIND, canary({ status: { phase: 'Initialized' } }));
    cluster.change(DEPLOYMENT, object(DEPLOYMENT, 'checkout', { spec: { replicas: 2 } }));
    await settle();
    expect(gone).toEqual([]);
    const { metadata, ...rest } = cluster.put(canary());
    const successor = { ...rest, metadata: { ...metadata, uid: 'another' } };
    cluster.open(CANARY_KIND).send({ type: 'MODIFIED', object: successor });
    await settle();
    expect(gone).toEqual(['shop/checkout']);
    cluster.open(CANARY_KIND).send({ type: 'DELETED', object: successor });
    await settle();
    expect(gone).toEqual(['shop/checkout', 'shop/checkout']);
    expect(keys.at(-1)).toEqual(['shop/checkout']);
  });

  it('learn from what changes nothing, but tell nobody', async () => {
    await start();
    const status = { phase: 'Initialized', planVersion: 1 };
    cluster.change(CANARY_KIND, canary({ status }));
    cluster.change(DEPLOYMENT, object(DEPLOYMENT, 'checkout', { spec: { replicas: 1 } }));
    await settle();
    expect(keys).toHaveLength(1);
    expect(watches.store.get(CANARY_KIND, 'shop', 'checkout')).toMatchObject({ status });
  });

  it('do not mind whoever cannot take the keys', async () => {
    let full = true;
    watches = await startWatches(cluster, {
      log,
      onKeys: (woken) => {
        if (full) throw new Error('the queue is full');
        onKeys(woken);
      },
    });
    await settle();
    full = false;
    cluster.change(DEPLOYMENT, object(DEPLOYMENT, 'checkout', { spec: { replicas: 2 } }));
    await settle();
    expect(errors).toHaveLength(1);
    expect(keys).toEqual([['shop/checkout']]);
  });

  it('do without Istio until it is there', async () => {
    cluster.script(VIRTUAL_SERVICE).answer = () => {
      throw refused(404, 'NotFound');
    };
    await start();
    expect(watches.isStale()).toBe(false);
    cluster.put(object(VIRTUAL_SERVICE, 'checkout'));
    cluster.script(VIRTUAL_SERVICE).answer = () => ({ resourceVersion: '1', items: [] });
    await vi.advanceTimersByTimeAsync(40_000);
    expect(watches.store.list(VIRTUAL_SERVICE)).toHaveLength(1);
    expect(keys.at(-1)).toEqual(['shop/checkout']);
  });

  it('are stale as soon as one of them is', async () => {
    await start();
    cluster.script(SERVICE).answer = () => {
      throw refused(503, 'ServiceUnavailable');
    };
    for (let time = 0; time < 4; time++) {
      await vi.advanceTimersByTimeAsync(25_000);
      for (const [kind, script] of cluster.scripts) {
        if (kind !== SERVICE.kind) script.last.send({ type: 'BOOKMARK', resourceVersion: '1' });
      }
    }
    await settle();
    expect(watches.isStale()).toBe(true);
    const stale = watches.health().filter(({ silentMs }) => silentMs > 90_000);
    expect(stale.map(({ kind }) => kind)).toEqual([SERVICE.kind]);
  });

  it('can be stopped before they are ready, and after', async () => {
    cluster.script(SERVICE).answer = () => new Promise(() => undefined);
    const ending = new AbortController();
    watches = openWatches(cluster, { onKeys, log, signal: ending.signal });
    await settle();
    expect([watches.isStale(), keys]).toEqual([true, []]);
    ending.abort();
    await watches.ready;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(keys).toEqual([]);
    expect(cluster.open(DEPLOYMENT).options.signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('own writes', () => {
  it('are in the store before the watch tells of them, and wake whom they concern', async () => {
    await start();
    const api = remembering(cluster, watches.store);
    await api.patch(DEPLOYMENT, 'shop', 'checkout', 'merge', { spec: { replicas: 5 } });
    expect(watches.store.get(DEPLOYMENT, 'shop', 'checkout')).toMatchObject({
      spec: { replicas: 5 },
    });
    await api.create(SERVICE, object(SERVICE, 'checkout-canary'));
    expect(watches.store.list(SERVICE)).toHaveLength(1);
    await api.replace(CANARY_KIND, canary({ status: { phase: 'Initialized', planVersion: 1 } }));
    await settle();
    expect(keys).toEqual([['shop/checkout'], ['shop/checkout']]);
    cluster.open(DEPLOYMENT).send({
      type: 'MODIFIED',
      object: cluster.must(DEPLOYMENT, 'shop', 'checkout'),
    });
    await settle();
    expect(keys).toHaveLength(2);
  });

  it('leave no trace when they were only tried', async () => {
    await start();
    const api = remembering(cluster, watches.store);
    const body = { spec: { replicas: 5 } };
    await api.patch(DEPLOYMENT, 'shop', 'checkout', 'merge', body, { dryRun: true });
    expect(watches.store.get(DEPLOYMENT, 'shop', 'checkout')).toMatchObject({
      spec: { replicas: 1 },
    });
  });

  it('are joined by live reads', async () => {
    await start();
    cluster.put(object(DEPLOYMENT, 'checkout', { spec: { replicas: 9 } }));
    await remembering(cluster, watches.store).get(DEPLOYMENT, 'shop', 'checkout');
    expect(watches.store.get(DEPLOYMENT, 'shop', 'checkout')).toMatchObject({
      spec: { replicas: 9 },
    });
  });
});

describe('readers', () => {
  const labels = { 'linnet.dev/canary': 'checkout' };
  const labelled = (name: string) => {
    const service = object(SERVICE, name);
    return { ...service, metadata: { ...service.metadata, labels } };
  };

  it.each(['cached', 'live'])('select by name, namespace and labels: %s', async (which) => {
    cluster.put(labelled('checkout-canary'));
    cluster.put(object(SERVICE, 'other'));
    await start();
    const reader = which === 'cached' ? cachedReader(watches.store, cluster) : liveReader(cluster);
    cluster.forget();
    const selected = await reader.list(SERVICE, {
      namespace: 'shop',
      labelSelector: 'linnet.dev/canary=checkout',
    });
    expect(selected.map(({ metadata }) => metadata.name)).toEqual(['checkout-canary']);
    expect(await reader.list(SERVICE)).toHaveLength(2);
    expect(await reader.list(SERVICE, { namespace: 'bank' })).toEqual([]);
    expect(await reader.get(SERVICE, 'shop', 'other')).toMatchObject({ kind: 'Service' });
    expect(await reader.get(SERVICE, 'shop', 'nothing')).toBeUndefined();
    expect(cluster.requests).toHaveLength(which === 'cached' ? 0 : 5);
  });

  it.each([
    ['kubernetes.io/service-name=checkout', ['a', 'b']],
    ['kubernetes.io/service-name in (basket,checkout)', ['c', 'a', 'b']],
    ['kubernetes.io/service-name in (basket, nothing)', ['c']],
  ])('find the slices of Services: %s', async (labelSelector, expected) => {
    const slice = (name: string, service: string) => {
      const { metadata, ...rest } = object(ENDPOINT_SLICE, name);
      const labels = { 'kubernetes.io/service-name': service };
      return { ...rest, metadata: { ...metadata, labels } };
    };
    cluster.put(slice('a', 'checkout'));
    cluster.put(slice('b', 'checkout'));
    cluster.put(slice('c', 'basket'));
    await start();
    const found = await cachedReader(watches.store, cluster).list(ENDPOINT_SLICE, {
      namespace: 'shop',
      labelSelector,
    });
    expect(found.map(({ metadata }) => metadata.name)).toEqual(expected);
  });

  it('read live what is not watched', async () => {
    cluster.put(object(POD, 'checkout-0'));
    await start();
    const reader = cachedReader(watches.store, cluster);
    expect(await reader.get(POD, 'shop', 'checkout-0')).toMatchObject({ kind: 'Pod' });
    expect(await reader.list(POD, { namespace: 'shop' })).toHaveLength(1);
  });
});

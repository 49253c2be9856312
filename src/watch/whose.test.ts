import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, ResourceKind } from '../ports/cluster.ts';
import {
  ALERT_PROVIDER,
  apiVersionOf,
  CANARY_KIND,
  CONFIG_MAP,
  CONTROLLER_REVISION,
  DEPLOYMENT,
  DESTINATION_RULE,
  ENDPOINT_SLICE,
  HORIZONTAL_POD_AUTOSCALER,
  METRIC_TEMPLATE,
  SCALED_OBJECT,
  SECRET,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../ports/kinds.ts';
import { createStore, type ObjectStore } from './store.ts';
import { WATCHED } from './watches.ts';
import { whoseChanges } from './whose.ts';

let store: ObjectStore;
let woken: string[];
let version: number;

beforeEach(() => {
  store = createStore({
    kinds: WATCHED.map(({ kind }) => ({ kind })),
    onChange: (change) => (woken = [...whose.keysOf(change)]),
  });
  const whose = whoseChanges(store);
  version = 0;
});

/** Puts an object in and says whose keys that woke. */
function put(kind: ResourceKind, name: string, more: object = {}, metadata: object = {}): string[] {
  woken = [];
  const object: KubeObject = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...more,
    metadata: { namespace: 'shop', name, resourceVersion: String(++version), ...metadata },
  };
  store.accept(object);
  return woken.toSorted();
}

function remove(kind: ResourceKind, name: string): string[] {
  const object = store.get(kind, 'shop', name)!;
  store.apply(kind, { type: 'DELETED', object });
  return woken.toSorted();
}

function putCanary(name: string, spec: object = {}, more: object = {}): string[] {
  const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
  const analysis = { interval: '10s', stepWeight: 20 };
  return put(CANARY_KIND, name, {
    spec: { targetRef, service: { port: 80 }, analysis, ...spec },
    ...more,
  });
}

const pods = (...containers: object[]) => ({ spec: { template: { spec: { containers } } } });
const scaling = (name: string) => ({ spec: { scaleTargetRef: { kind: 'Deployment', name } } });

describe('a change', () => {
  beforeEach(() => {
    putCanary('checkout');
    putCanary('basket');
  });

  it.each<[ResourceKind, string, object?, object?]>([
    [CANARY_KIND, 'checkout', { spec: {} }],
    [DEPLOYMENT, 'checkout'],
    [DEPLOYMENT, 'checkout-primary'],
    [SERVICE, 'checkout'],
    [SERVICE, 'checkout-primary'],
    [SERVICE, 'checkout-canary'],
    [VIRTUAL_SERVICE, 'checkout'],
    [DESTINATION_RULE, 'checkout-canary'],
    [DESTINATION_RULE, 'checkout-primary'],
    [HORIZONTAL_POD_AUTOSCALER, 'any', scaling('checkout')],
    [HORIZONTAL_POD_AUTOSCALER, 'any', scaling('checkout-primary')],
    [SCALED_OBJECT, 'any', { spec: { scaleTargetRef: { name: 'checkout' } } }],
    [
      ENDPOINT_SLICE,
      'checkout-primary-x7f2k',
      {},
      { labels: { 'kubernetes.io/service-name': 'checkout-primary' } },
    ],
    [
      CONTROLLER_REVISION,
      'any',
      {},
      { ownerReferences: [{ apiVersion: 'linnet.dev/v1beta1', kind: 'Canary', name: 'checkout' }] },
    ],
    [CONFIG_MAP, 'any', {}, { labels: { 'linnet.dev/canary': 'checkout' } }],
    [SERVICE, 'any', {}, { annotations: { 'linnet.dev/canary': 'checkout' } }],
  ])('of the %o %s is that of its canary', (kind, name, more = {}, metadata = {}) => {
    expect(put(kind, name, more, metadata)).toEqual(['shop/checkout']);
  });

  it.each<[ResourceKind, string, object?, object?]>([
    [DEPLOYMENT, 'search'],
    [DEPLOYMENT, 'checkout', {}, { namespace: 'bank' }],
    [CONFIG_MAP, 'checkout'],
    [ENDPOINT_SLICE, 'checkout'],
    [SERVICE, 'search', { spec: { selector: { app: 'search' } } }],
    [
      CONTROLLER_REVISION,
      'any',
      {},
      { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'checkout' }] },
    ],
    [METRIC_TEMPLATE, 'latency'],
    [SECRET, 'slack'],
  ])('of the %o %s is nobody’s', (kind, name, more = {}, metadata = {}) => {
    expect(put(kind, name, more, metadata)).toEqual([]);
  });
});

describe('what a canary refers to', () => {
  it('is found under other names', () => {
    putCanary('checkout', {
      service: { port: 80, name: 'shop-checkout' },
      autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'hpa' },
      routing: { virtualServiceRef: { name: 'front', namespace: 'edge' } },
    });
    expect(put(SERVICE, 'shop-checkout-canary')).toEqual(['shop/checkout']);
    expect(put(HORIZONTAL_POD_AUTOSCALER, 'hpa')).toEqual(['shop/checkout']);
    expect(put(HORIZONTAL_POD_AUTOSCALER, 'hpa-primary')).toEqual(['shop/checkout']);
    expect(put(VIRTUAL_SERVICE, 'front', {}, { namespace: 'edge' })).toEqual(['shop/checkout']);
    expect(put(VIRTUAL_SERVICE, 'front')).toEqual([]);
  });

  it('is everything of its namespace in version mode', () => {
    putCanary('reviews', {
      targetRef: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'reviews' },
      version: { subset: 'v2' },
      service: undefined,
    });
    expect(put(VIRTUAL_SERVICE, 'reviews')).toEqual(['shop/reviews']);
    expect(put(DEPLOYMENT, 'reviews-v2')).toEqual(['shop/reviews']);
    expect(put(DESTINATION_RULE, 'whatever')).toEqual(['shop/reviews']);
    expect(put(DEPLOYMENT, 'reviews-v2', {}, { namespace: 'bank' })).toEqual([]);
  });

  it('follows the Canary as it is edited', () => {
    putCanary('checkout');
    putCanary('checkout', { service: { port: 80, name: 'front' } });
    expect(put(SERVICE, 'checkout')).toEqual([]);
    expect(put(SERVICE, 'front')).toEqual(['shop/checkout']);
    putCanary('checkout', { analysis: { interval: '5' } });
    expect(put(SERVICE, 'front')).toEqual([]);
  });

  it('ends with the Canary', () => {
    putCanary('checkout');
    expect(remove(CANARY_KIND, 'checkout')).toEqual(['shop/checkout']);
    expect(put(DEPLOYMENT, 'checkout')).toEqual([]);
  });

  it('includes the templates and providers of its analysis, and their Secrets', () => {
    putCanary('checkout', {
      analysis: {
        stepWeight: 20,
        metrics: [{ name: 'errors', templateRef: { name: 'errors', namespace: 'metrics' } }],
        alerts: [{ name: 'on call', providerRef: { name: 'slack' } }],
      },
    });
    const elsewhere = { namespace: 'metrics' };
    const template = { spec: { provider: { type: 'prometheus', secretRef: { name: 'prom' } } } };
    const provider = { spec: { type: 'slack', secretRef: { name: 'slack-url' } } };
    expect(put(METRIC_TEMPLATE, 'errors', template, elsewhere)).toEqual(['shop/checkout']);
    expect(put(ALERT_PROVIDER, 'slack', provider)).toEqual(['shop/checkout']);
    expect(put(SECRET, 'prom', {}, elsewhere)).toEqual(['shop/checkout']);
    expect(put(SECRET, 'slack-url')).toEqual(['shop/checkout']);
    expect(put(SECRET, 'prom')).toEqual([]);
  });
});

describe('configs', () => {
  const settings = { envFrom: [{ configMapRef: { name: 'settings' } }] };

  it('are found by what the status tracks', () => {
    const trackedConfigs = { 'configmap/settings': 'abc', 'secret/key': 'def' };
    putCanary('checkout', {}, { status: { phase: 'Initialized', planVersion: 1, trackedConfigs } });
    expect(put(CONFIG_MAP, 'settings')).toEqual(['shop/checkout']);
    expect(put(SECRET, 'key')).toEqual(['shop/checkout']);
    expect(put(SECRET, 'settings')).toEqual([]);
  });

  it('are found by what the pods of the target mention', () => {
    putCanary('checkout');
    put(DEPLOYMENT, 'checkout', {
      spec: {
        template: {
          spec: {
            containers: [
              settings,
              { env: [{ valueFrom: { secretKeyRef: { name: 'env-key', key: 'k' } } }] },
              { env: [{ valueFrom: { configMapKeyRef: { name: 'env-map', key: 'k' } } }] },
              { envFrom: [{ secretRef: { name: 'env-secret' } }] },
            ],
            volumes: [
              { name: 'a', configMap: { name: 'files' } },
              { name: 'b', secret: { secretName: 'certificate' } },
              { name: 'c', projected: { sources: [{ secret: { name: 'projected' } }] } },
            ],
          },
        },
      },
    });
    const found = ['settings', 'env-map', 'files'].map((name) => put(CONFIG_MAP, name));
    const secret = ['env-key', 'env-secret', 'certificate', 'projected'].map((n) => put(SECRET, n));
    expect([...found, ...secret]).toEqual(Array.from({ length: 7 }, () => ['shop/checkout']));
  });

  it('follow the target as it is edited, whether it or the Canary came first', () => {
    put(DEPLOYMENT, 'checkout', pods(settings));
    putCanary('checkout');
    expect(put(CONFIG_MAP, 'settings')).toEqual(['shop/checkout']);
    put(DEPLOYMENT, 'checkout', pods({ envFrom: [{ configMapRef: { name: 'others' } }] }));
    expect(put(CONFIG_MAP, 'settings')).toEqual([]);
    expect(put(CONFIG_MAP, 'others')).toEqual(['shop/checkout']);
  });
});

describe('others', () => {
  const labelled = { spec: { template: { metadata: { labels: { app: 'checkout', v: '1' } } } } };

  it('hold a target up by a Service that Linnet does not know', () => {
    putCanary('checkout');
    put(DEPLOYMENT, 'checkout', labelled);
    const selecting = (selector: object) => ({ spec: { selector } });
    expect(put(SERVICE, 'old-name', selecting({ app: 'checkout' }))).toEqual(['shop/checkout']);
    expect(put(SERVICE, 'old-name', selecting({ app: 'basket' }))).toEqual(['shop/checkout']);
    expect(put(SERVICE, 'old-name', selecting({ app: 'search' }))).toEqual([]);
    expect(put(SERVICE, 'headless', { spec: {} })).toEqual([]);
  });

  it('may have waited for a Canary to let go of its target', () => {
    const target = { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' } };
    putCanary('checkout');
    expect(putCanary('rival', target)).toEqual(['shop/rival']);
    putCanary('checkout', { suspend: true });
    expect(remove(CANARY_KIND, 'checkout')).toEqual(['shop/checkout', 'shop/rival']);
  });

  it('are not woken by a status', () => {
    putCanary('checkout');
    putCanary('rival', {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
    });
    const status = { phase: 'Initialized', planVersion: 1 };
    expect(putCanary('checkout', {}, { status })).toEqual(['shop/checkout']);
  });
});

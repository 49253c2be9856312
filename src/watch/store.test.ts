import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../ports/cluster.ts';
import { CONFIG_MAP, DEPLOYMENT, POD, SERVICE } from '../ports/kinds.ts';
import { type Change, createStore, type ObjectStore, type StoreOptions } from './store.ts';

let changes: string[];
let store: ObjectStore;

beforeEach(() => open());

function open(options: Partial<StoreOptions> = {}): void {
  changes = [];
  store = createStore({
    kinds: [{ kind: DEPLOYMENT }, { kind: SERVICE }, { kind: CONFIG_MAP, metadataOnly: true }],
    onChange: (change) => changes.push(textOf(change)),
    ...options,
  });
}

/** `web 5 -> 7` */
function textOf({ before, after }: Change): string {
  const version = (object: KubeObject | undefined) => object?.metadata.resourceVersion ?? '-';
  return `${(after ?? before)?.metadata.name} ${version(before)} -> ${version(after)}`;
}

function web(resourceVersion: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  const metadata = { namespace: 'shop', name: 'web', uid: 'u-1', resourceVersion, ...more };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
}

const list = (resourceVersion: string, ...items: KubeObject[]) => ({ resourceVersion, items });
const relist = (resourceVersion: string, ...items: KubeObject[]) =>
  store.replaceAll(DEPLOYMENT, list(resourceVersion, ...items), store.mark());
const added = (object: KubeObject) => store.apply(DEPLOYMENT, { type: 'ADDED', object });
const deleted = (object: KubeObject) => store.apply(DEPLOYMENT, { type: 'DELETED', object });
const version = () => store.get(DEPLOYMENT, 'shop', 'web')?.metadata.resourceVersion;

describe('the local store', () => {
  it('finds objects by name, namespace and kind, in whatever version they are asked for', () => {
    relist('9', web('5'), web('6', { name: 'api' }), web('7', { namespace: 'bank' }));
    expect(store.get({ ...DEPLOYMENT, version: 'v2' }, 'shop', 'web')).toEqual(web('5'));
    expect(store.get(DEPLOYMENT, 'shop', 'nothing')).toBeUndefined();
    expect(store.get(SERVICE, 'shop', 'web')).toBeUndefined();
    expect(store.list(DEPLOYMENT, 'shop')).toHaveLength(2);
    expect(store.list(DEPLOYMENT, 'none')).toEqual([]);
    expect(store.list(DEPLOYMENT)).toHaveLength(3);
    expect([store.holds(DEPLOYMENT), store.holds(POD)]).toEqual([true, false]);
    expect(store.list(POD)).toEqual([]);
  });

  it('takes back what had only left a selection', () => {
    open({ kinds: [{ kind: DEPLOYMENT, labelSelector: 'shard=a' }] });
    store.apply(DEPLOYMENT, { type: 'ADDED', object: web('5') });
    store.apply(DEPLOYMENT, { type: 'DELETED', object: web('6') });
    store.accept(web('6'));
    expect(store.list(DEPLOYMENT)).toEqual([]);
    store.apply(DEPLOYMENT, { type: 'ADDED', object: web('7') });
    store.accept(web('8'));
    expect(store.list(DEPLOYMENT)).toEqual([web('8')]);
  });

  it('finds objects by a label that it is indexed by', () => {
    open({ kinds: [{ kind: DEPLOYMENT, indexed: 'app' }] });
    const labelled = (version: string, app: string, more: object = {}) =>
      web(version, { labels: { app }, ...more });
    const found = (namespace: string, value: string) =>
      store.labelled(DEPLOYMENT, namespace, 'app', value)?.map(({ metadata }) => metadata.name);
    relist(
      '9',
      labelled('5', 'a'),
      labelled('6', 'a', { name: 'b', uid: 'u-2' }),
      web('7', { name: 'c' }),
    );
    expect(found('shop', 'a')).toEqual(['web', 'b']);
    expect(found('bank', 'a')).toEqual([]);
    added(labelled('10', 'b'));
    expect([found('shop', 'a'), found('shop', 'b')]).toEqual([['b'], ['web']]);
    deleted(labelled('11', 'b'));
    expect(found('shop', 'b')).toEqual([]);
    expect(store.labelled(DEPLOYMENT, 'shop', 'tier', 'a')).toBeUndefined();
  });

  it('tells what changed, and nothing when nothing did', () => {
    relist('9', web('5'));
    added(web('7'));
    added(web('7'));
    relist('9', web('7'));
    deleted(web('8'));
    deleted(web('8'));
    expect(changes).toEqual(['web - -> 5', 'web 5 -> 7', 'web 7 -> -']);
  });

  it('never lets an older version replace a newer', () => {
    added(web('10'));
    added(web('9'));
    store.accept(web('9'));
    expect(version()).toBe('10');
    store.accept(web('11'));
    added(web('10'));
    expect(version()).toBe('11');
    expect(changes).toEqual(['web - -> 10', 'web 10 -> 11']);
  });

  it('takes the last word where versions cannot be compared', () => {
    added(web('b'));
    added(web('a'));
    expect(version()).toBe('a');
  });

  it('keeps content that nobody may read out, and bookkeeping that nobody reads', () => {
    const metadata = { namespace: 'shop', name: 'settings', uid: 'c', resourceVersion: '3' };
    const managedFields = [{ manager: 'kubectl' }];
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: 'value' } };
    store.accept({ ...settings, metadata: { ...metadata, managedFields } });
    expect(store.get(CONFIG_MAP, 'shop', 'settings')).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
    });
  });

  it('ignores answers about what it does not hold', () => {
    open({ namespace: 'bank' });
    store.accept(web('5'));
    store.accept({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'bank', name: 'web' } });
    expect(changes).toEqual([]);
  });
});

describe('deletions', () => {
  it('are not undone by a late answer to an own write', () => {
    added(web('5'));
    deleted(web('8'));
    store.accept(web('7'));
    expect(store.list(DEPLOYMENT)).toEqual([]);
  });

  it('are not undone by it when a list told of them', () => {
    added(web('5'));
    relist('9');
    store.accept(web('7'));
    expect(changes).toEqual(['web - -> 5', 'web 5 -> -']);
  });

  it('do not take an object that was made since under the same name', () => {
    store.accept(web('9', { uid: 'u-2' }));
    deleted(web('8'));
    expect(version()).toBe('9');
    store.accept(web('10', { uid: 'u-1' }));
    expect(version()).toBe('9');
  });

  it('make room for a successor', () => {
    added(web('5'));
    deleted(web('8'));
    added(web('9', { uid: 'u-2' }));
    expect(version()).toBe('9');
  });
});

describe('a list', () => {
  it('leaves what an own write has made newer while it was read', () => {
    relist('4', web('4'));
    const mark = store.mark();
    store.accept(web('6'));
    store.accept(web('7', { name: 'new', uid: 'u-2' }));
    store.replaceAll(DEPLOYMENT, list('5', web('4')), mark);
    expect(version()).toBe('6');
    expect(store.get(DEPLOYMENT, 'shop', 'new')).toBeDefined();
  });

  it('takes away what was written and deleted before it was read', () => {
    const mark = store.mark();
    store.accept(web('6'));
    store.replaceAll(DEPLOYMENT, list('8'), mark);
    expect(store.list(DEPLOYMENT)).toEqual([]);
  });

  it('is believed when a restored cluster counts from further back', () => {
    relist('1000', web('999'), web('998', { name: 'gone', uid: 'u-2' }));
    relist('500', web('400'));
    expect(store.list(DEPLOYMENT).map(({ metadata }) => metadata.resourceVersion)).toEqual(['400']);
  });
});

import { describe, expect, it } from 'vitest';
import type { KubeObject, ListOptions, ObjectList, ResourceKind } from '../ports/cluster.ts';
import { ENDPOINT_SLICE, POD, SERVICE } from '../ports/kinds.ts';
import { gatheredReads } from './gathered-reads.ts';
import { createStore } from './store.ts';

function service(name: string, version = '1', namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: `u-${name}`, resourceVersion: version, labels: { of: name } },
  };
}

/** An API server whose answers are given when the test says so, from what there is then. */
function server(objects: readonly KubeObject[], known = objects) {
  const asked: string[] = [];
  const open: (() => void)[] = [];
  let now = objects;
  const store = createStore({ kinds: [{ kind: SERVICE }], onChange: () => undefined });
  for (const object of known) store.apply(SERVICE, { type: 'ADDED', object });
  const answered = <T>(text: string, read: (objects: readonly KubeObject[]) => T) => {
    asked.push(text);
    const seen = now;
    return new Promise<T>((resolve) => open.push(() => resolve(read(seen))));
  };
  const api = {
    get: (kind: ResourceKind, _: string | undefined, name: string) =>
      answered(`get ${kind.kind} ${name}`, (all) => all.find((o) => o.metadata.name === name)),
    list: (kind: ResourceKind, { namespace, labelSelector }: ListOptions = {}) =>
      answered(`list ${kind.kind} ${labelSelector ?? ''} in ${namespace}`, (items): ObjectList => ({
        resourceVersion: '9',
        items: [...items],
      })),
  };
  return {
    asked,
    store,
    reader: gatheredReads(api, store),
    put: (replaced: readonly KubeObject[]) => void (now = replaced),
    /** Answers all that was asked so far, once so much was. */
    answer: async (least = 1) => {
      while (open.length < least) await new Promise((resolve) => setTimeout(resolve));
      for (const give of open.splice(0)) give();
    },
  };
}

const NAMES = ['a', 'b', 'c', 'd'];

describe('live reads of many', () => {
  it('are one list', async () => {
    const { reader, asked, answer } = server(NAMES.map((name) => service(name)));
    const found = Promise.all([...NAMES, 'gone'].map((name) => reader.get(SERVICE, 'shop', name)));
    await answer();
    expect((await found).map((object) => object?.metadata.name)).toEqual([...NAMES, undefined]);
    expect(asked).toEqual(['list Service  in shop']);
  });

  it('are one list with those that take all, however few they are', async () => {
    const { reader, asked, answer } = server(NAMES.map((name) => service(name)));
    const found = Promise.all([
      reader.list(SERVICE, { namespace: 'shop' }),
      reader.get(SERVICE, 'shop', 'b'),
    ]);
    await answer();
    const [all, one] = await found;
    expect(all).toHaveLength(4);
    expect(one?.metadata.name).toBe('b');
    expect(asked).toEqual(['list Service  in shop']);
  });

  it('are one list for many selectors', async () => {
    const { reader, asked, answer } = server(NAMES.map((name) => service(name)));
    const found = Promise.all(
      NAMES.map((name) => reader.list(SERVICE, { namespace: 'shop', labelSelector: `of=${name}` })),
    );
    await answer();
    expect((await found).map((list) => list.map(({ metadata }) => metadata.name))).toEqual(
      NAMES.map((name) => [name]),
    );
    expect(asked).toEqual(['list Service  in shop']);
  });

  it('enter the store as far as they were asked for', async () => {
    const { reader, store, put, answer } = server(NAMES.map((name) => service(name)));
    put(['a', 'b', 'c', 'd', 'e'].map((name) => service(name, '2')));
    const found = Promise.all(NAMES.map((name) => reader.get(SERVICE, 'shop', name)));
    await answer();
    await found;
    expect(store.get(SERVICE, 'shop', 'a')?.metadata.resourceVersion).toBe('2');
    expect(store.get(SERVICE, 'shop', 'e')).toBeUndefined();
  });
});

describe('live reads are asked one by one', () => {
  it('when they are few, each once', async () => {
    const { reader, asked, answer } = server(NAMES.map((name) => service(name)));
    const found = Promise.all(['a', 'b', 'a'].map((name) => reader.get(SERVICE, 'shop', name)));
    await answer();
    expect((await found).map((object) => object?.metadata.name)).toEqual(['a', 'b', 'a']);
    expect(asked).toEqual(['get Service a', 'get Service b']);
  });

  it('when a list would bring much that nobody asked for', async () => {
    const others = Array.from({ length: 40 }, (_, i) => service(`other-${i}`));
    const { reader, asked, answer } = server([...NAMES.map((name) => service(name)), ...others]);
    const found = Promise.all(NAMES.map((name) => reader.get(SERVICE, 'shop', name)));
    await answer();
    await found;
    expect(asked).toEqual(NAMES.map((name) => `get Service ${name}`));
  });

  it('when nobody knows how much there is', async () => {
    const { reader, asked, answer } = server([]);
    const found = Promise.all(NAMES.map((name) => reader.get(POD, 'shop', name)));
    await answer();
    await found;
    expect(asked).toHaveLength(4);
  });

  it('in each namespace, of each kind', async () => {
    const { reader, asked, answer } = server([]);
    const found = Promise.all([
      reader.get(SERVICE, 'shop', 'a'),
      reader.get(SERVICE, 'bank', 'a'),
      reader.list(ENDPOINT_SLICE, { namespace: 'shop', labelSelector: 'of=a' }),
      reader.list(SERVICE),
    ]);
    await answer(4);
    await found;
    expect(asked.toSorted()).toEqual([
      'get Service a',
      'get Service a',
      'list EndpointSlice of=a in shop',
      'list Service  in undefined',
    ]);
  });
});

describe('an answer', () => {
  it('is never older than its question', async () => {
    const { reader, put, answer } = server([service('a', '1')]);
    const early = reader.get(SERVICE, 'shop', 'a');
    await new Promise((resolve) => setTimeout(resolve));
    put([service('a', '2')]);
    const late = reader.get(SERVICE, 'shop', 'a');
    await answer();
    await answer();
    expect((await early)?.metadata.resourceVersion).toBe('1');
    expect((await late)?.metadata.resourceVersion).toBe('2');
  });

  it('that does not come holds up nobody else', async () => {
    const { reader, asked } = server([service('a'), service('b')]);
    void reader.get(SERVICE, 'shop', 'a');
    while (asked.length < 1) await new Promise((resolve) => setTimeout(resolve));
    void reader.get(SERVICE, 'shop', 'b');
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked).toEqual(['get Service a', 'get Service b']);
  });

  it('that is a failure is one for all who asked', async () => {
    const store = createStore({ kinds: [{ kind: SERVICE }], onChange: () => undefined });
    const fail = () => Promise.reject(new Error('down'));
    const reader = gatheredReads({ get: fail, list: fail }, store);
    const outcomes = await Promise.allSettled(
      NAMES.map((name) => reader.get(SERVICE, 'shop', name)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(NAMES.map(() => 'rejected'));
  });
});

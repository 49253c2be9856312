import { describe, expect, test } from 'vitest';

import type { KubeObject } from '../cluster-state.ts';
import { Storage, type StoredEvent } from './storage.ts';

function object(name: string, data = ''): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '', creationTimestamp: '' },
    data: { data },
  };
}

const add = (name: string): { type: 'ADDED'; table: string; object: KubeObject } => ({
  type: 'ADDED',
  table: 'configmaps',
  object: object(name),
});

test('every commit of every table gets the next revision', () => {
  const storage = new Storage();
  const revisions = [
    storage.commit(add('a')),
    storage.commit({ ...add('b'), table: 'secrets' }),
    storage.commit({ type: 'DELETED', table: 'configmaps', object: object('a') }),
  ].map((stored) => Number(stored.metadata.resourceVersion));
  expect(revisions).toEqual([2, 3, 4]);
  expect(storage.revision).toBe(4);
});

test('what is handed out cannot be changed', () => {
  const stored = new Storage().commit(add('a'));
  expect(() => Object.assign(stored.metadata, { name: 'b' })).toThrow(TypeError);
  expect(() => Object.assign(stored['data'] as object, { data: 'x' })).toThrow(TypeError);
});

test('lists are ordered by name, whatever the order of arrival', () => {
  const storage = new Storage();
  for (const name of ['b', 'a-1', 'a', 'B']) storage.commit(add(name));
  const names = storage.list('configmaps').map((one) => one.metadata.name);
  expect(names).toEqual(['B', 'a', 'a-1', 'b']);
});

describe('the past', () => {
  test('a table can be listed as it was', () => {
    const storage = new Storage();
    storage.commit(add('a'));
    const then = Number(storage.commit(add('b')).metadata.resourceVersion);
    storage.commit({ type: 'MODIFIED', table: 'configmaps', object: object('a', 'new') });
    storage.commit({ type: 'DELETED', table: 'configmaps', object: object('b') });
    storage.commit(add('c'));
    const past = storage.listAt('configmaps', then);
    expect(past.map((one) => [one.metadata.name, one['data']])).toEqual([
      ['a', { data: '' }],
      ['b', { data: '' }],
    ]);
  });

  test('only what lies within the history can be resumed from', () => {
    const storage = new Storage(4);
    for (let count = 0; count < 20; count += 1) storage.commit(add(`n${count}`));
    expect(() => storage.eventsSince(2)).toThrow(/too old resource version: 2/);
    expect(storage.eventsSince(storage.revision - 2)).toHaveLength(2);
    expect(storage.eventsSince(storage.revision)).toEqual([]);
  });

  test('a compaction forgets all of it', () => {
    const storage = new Storage();
    const first = Number(storage.commit(add('a')).metadata.resourceVersion);
    storage.commit(add('b'));
    storage.compact();
    expect(() => storage.eventsSince(first)).toThrow(
      expect.objectContaining({ code: 410, reason: 'Expired' }),
    );
    expect(storage.eventsSince(storage.revision)).toEqual([]);
  });
});

describe('listeners', () => {
  test('hear commits in order, also those made while one is being told', () => {
    const storage = new Storage();
    const heard: string[] = [];
    storage.subscribe(({ object: { metadata } }) => {
      if (metadata.name === 'a') storage.commit(add('b'));
    });
    storage.subscribe(({ object: { metadata } }) => heard.push(metadata.name));
    storage.commit(add('a'));
    expect(heard).toEqual(['a', 'b']);
  });

  test('who joins while commits are being told hears only later ones', () => {
    const storage = new Storage();
    const heard: StoredEvent[] = [];
    const leave = storage.subscribe(() => {
      leave();
      storage.subscribe((event) => heard.push(event));
    });
    storage.commit(add('a'));
    storage.commit(add('b'));
    expect(heard.map((event) => event.object.metadata.name)).toEqual(['b']);
  });

  test('one that throws takes nothing from the others', async () => {
    const storage = new Storage();
    const heard: string[] = [];
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    storage.subscribe(() => {
      throw new Error('of a listener');
    });
    storage.subscribe(({ object: { metadata } }) => heard.push(metadata.name));
    storage.commit(add('a'));
    expect(heard).toEqual(['a']);
    await expect(thrown).resolves.toMatchObject({ message: 'of a listener' });
  });
});

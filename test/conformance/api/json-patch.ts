import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { canary, configMap } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

const UNPROCESSABLE = refusal(
  422,
  'Invalid',
  'the server rejected our request due to an error in our request',
  {},
);

export function describeJsonPatch(server: () => ApiServer): void {
  const ns = testNamespace(server, 'json-patch');

  describe('changes data', () => {
    test.each([
      {
        does: 'add',
        patch: [{ op: 'add', path: '/data/b', value: '2' }],
        data: { a: '1', b: '2' },
      },
      { does: 'add over', patch: [{ op: 'add', path: '/data/a', value: '2' }], data: { a: '2' } },
      {
        does: 'replace',
        patch: [{ op: 'replace', path: '/data/a', value: 'x' }],
        data: { a: 'x' },
      },
      { does: 'remove', patch: [{ op: 'remove', path: '/data/a' }], data: undefined },
      {
        does: 'copy',
        patch: [{ op: 'copy', from: '/data/a', path: '/data/b' }],
        data: { a: '1', b: '1' },
      },
      { does: 'move', patch: [{ op: 'move', from: '/data/a', path: '/data/b' }], data: { b: '1' } },
      {
        does: 'test and replace',
        patch: [
          { op: 'test', path: '/data/a', value: '1' },
          { op: 'replace', path: '/data/a', value: '2' },
        ],
        data: { a: '2' },
      },
      {
        does: 'add under a key with a slash and a tilde',
        patch: [
          { op: 'add', path: '/metadata/annotations', value: {} },
          { op: 'add', path: '/metadata/annotations/x.dev~1y', value: 'z' },
        ],
        data: { a: '1' },
      },
      {
        // Against RFC 6902, but so does the real server.
        does: 'replace what is missing',
        patch: [{ op: 'replace', path: '/data/b', value: '' }],
        data: { a: '1', b: '' },
      },
      { does: 'nothing', patch: [], data: { a: '1' } },
    ])('$does', async ({ patch, data }) => {
      const { metadata } = await ns.create('configmaps', configMap());
      const answer = await ns.patch('json', `configmaps/${metadata.name}`, patch);
      expect(answer.status).toBe(200);
      expect(answer.body['data']).toEqual(data);
    });
  });

  describe('changes lists', () => {
    const weights = [10, 20, 40];
    test.each([
      { does: 'insert', patch: [{ op: 'add', path: '/1', value: 15 }], list: [10, 15, 20, 40] },
      { does: 'append', patch: [{ op: 'add', path: '/-', value: 50 }], list: [10, 20, 40, 50] },
      { does: 'replace', patch: [{ op: 'replace', path: '/2', value: 30 }], list: [10, 20, 30] },
      { does: 'remove', patch: [{ op: 'remove', path: '/0' }], list: [20, 40] },
      { does: 'remove the last two', patch: removals('/2', '/1'), list: [10] },
    ])('$does', async ({ patch, list }) => {
      const analysis = { interval: '10s', stepWeights: weights };
      const { metadata } = await ns.create('canaries', canary({ analysis }));
      const rooted = patch.map((one) => ({
        ...one,
        path: `/spec/analysis/stepWeights${one.path}`,
      }));
      const answer = await ns.patch('json', `canaries/${metadata.name}`, rooted);
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.body.spec).toMatchObject({ analysis: { stepWeights: list } });
    });
  });

  describe('refuses, and changes nothing', () => {
    test.each([
      { what: 'a failed test', patch: [{ op: 'test', path: '/data/a', value: '2' }] },
      { what: 'a test of what is missing', patch: [{ op: 'test', path: '/data/b', value: '2' }] },
      { what: 'a removal of what is missing', patch: [{ op: 'remove', path: '/data/b' }] },
      { what: 'a missing parent', patch: [{ op: 'add', path: '/binaryData/b', value: '' }] },
      { what: 'a move of nothing', patch: [{ op: 'move', from: '/data/b', path: '/data/c' }] },
      {
        what: 'a failed test after a change',
        patch: [
          { op: 'add', path: '/data/b', value: '2' },
          { op: 'test', path: '/data/a', value: '2' },
        ],
      },
    ])('$what', async ({ patch }) => {
      const made = await ns.create('configmaps', configMap());
      const path = `configmaps/${made.metadata.name}`;
      expect(said(await ns.patch('json', path, patch))).toEqual(UNPROCESSABLE);
      expect(await ns.read(path)).toEqual(made);
    });

    test.each([
      { what: 'an object', patch: { data: { a: '2' } }, status: 400 },
      { what: 'no JSON', patch: '[{', status: 400 },
      { what: 'an unknown operation', patch: [{ op: 'increment', path: '/data/a' }], status: 422 },
      { what: 'another name', patch: rename('other'), status: 400 },
      { what: 'a kind', patch: [{ op: 'replace', path: '/kind', value: 'Secret' }], status: 422 },
      { what: 'a number as data', patch: [{ op: 'add', path: '/data/a', value: 1 }], status: 422 },
    ])('$what', async ({ patch, status }) => {
      const made = await ns.create('configmaps', configMap());
      const path = `configmaps/${made.metadata.name}`;
      expect(await ns.patch('json', path, patch)).toMatchObject({ status });
      expect(await ns.read(path)).toEqual(made);
    });
  });

  test('of what does not exist', async () => {
    const answer = await ns.patch('json', 'configmaps/none', []);
    const details = { name: 'none', kind: 'configmaps' };
    expect(said(answer)).toEqual(refusal(404, 'NotFound', 'configmaps "none" not found', details));
  });
}

function removals(...paths: string[]): { op: string; path: string }[] {
  return paths.map((path) => ({ op: 'remove', path }));
}

function rename(name: string): object[] {
  return [{ op: 'replace', path: '/metadata/name', value: name }];
}

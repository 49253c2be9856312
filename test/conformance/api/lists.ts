import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer } from './api-server.ts';
import { canary, widget } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const METADATA_LIST =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

interface List {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: ApiObject[];
}

const namesOf = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);

export function describeLists(server: () => ApiServer): void {
  const ns = testNamespace(server, 'lists');
  const list = async (path: string): Promise<List> => {
    const answer = await ns.get<List>(path);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };
  const LABELS: Record<string, Record<string, string>> = {
    a: { app: 'shop', tier: 'web' },
    b: { app: 'shop', tier: 'db' },
    c: { app: 'bank' },
    d: {},
    e: { tier: 'web' },
  };

  beforeAll(async () => {
    for (const [name, labels] of Object.entries(LABELS).toReversed()) {
      await ns.create('secrets', { metadata: { name, labels }, stringData: { x: 'y' } });
      await ns.create('canaries', { ...canary(), metadata: { name, labels } });
      const mode = name < 'c' ? 'Fast' : 'Slow';
      await ns.create('widgets', { ...widget({ mode }), metadata: { name, labels } });
    }
  });

  describe.each([
    { resource: 'secrets', kind: 'SecretList', apiVersion: 'v1' },
    { resource: 'canaries', kind: 'CanaryList', apiVersion: 'linnet.dev/v1beta1' },
  ])('$resource', ({ resource, kind, apiVersion }) => {
    test('in the order of their names, with the revision they were read at', async () => {
      const all = await list(resource);
      expect(all).toMatchObject({ kind, apiVersion });
      expect(namesOf(all)).toEqual(['a', 'b', 'c', 'd', 'e']);
      const latest = Math.max(...all.items.map(({ metadata }) => Number(metadata.resourceVersion)));
      expect(Number(all.metadata.resourceVersion)).toBeGreaterThanOrEqual(latest);
    });

    test.each([
      ['app=shop', ['a', 'b']],
      ['app==shop', ['a', 'b']],
      ['app!=shop', ['c', 'd', 'e']],
      ['app=shop,tier=db', ['b']],
      ['app in (shop,bank)', ['a', 'b', 'c']],
      ['app notin (shop)', ['c', 'd', 'e']],
      ['tier', ['a', 'b', 'e']],
      ['!app', ['d', 'e']],
      ['app=shop,!nope', ['a', 'b']],
      ['nope=1', []],
      ['', ['a', 'b', 'c', 'd', 'e']],
    ])('by labels %s', async (selector, names) => {
      const query = `labelSelector=${encodeURIComponent(selector)}`;
      expect(namesOf(await list(`${resource}?${query}`))).toEqual(names);
    });

    test.each(['app=', 'app in (x', 'a b', 'app=x y', '=x', 'app in ()'])(
      'a selector of labels that may be none: %s',
      async (selector) => {
        const answer = await ns.get(`${resource}?labelSelector=${encodeURIComponent(selector)}`);
        const isGood = selector === 'app=' || selector === 'app in ()';
        expect(answer.status).toBe(isGood ? 200 : 400);
      },
    );

    test.each([
      ['metadata.name=c', ['c']],
      ['metadata.name!=c', ['a', 'b', 'd', 'e']],
      ['metadata.name=nope', []],
      ['metadata.name=c,metadata.name=d', []],
    ])('by fields %s', async (selector, names) => {
      const query = `fieldSelector=${encodeURIComponent(selector)}`;
      expect(namesOf(await list(`${resource}?${query}`))).toEqual(names);
    });

    test('by a field that cannot be selected', async () => {
      const answer = await ns.get(`${resource}?fieldSelector=spec.nope%3D1`);
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    test('page by page', async () => {
      const pages: string[][] = [];
      const left: (number | undefined)[] = [];
      let query = `${resource}?limit=2`;
      let revision: string | undefined;
      for (;;) {
        const page = await list(query);
        pages.push(namesOf(page));
        left.push(page.metadata.remainingItemCount);
        revision ??= page.metadata.resourceVersion;
        expect(page.metadata.resourceVersion).toBe(revision);
        if (!page.metadata.continue) break;
        query = `${resource}?limit=2&continue=${encodeURIComponent(page.metadata.continue)}`;
      }
      expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
      expect(left).toEqual([3, 1, undefined]);
    });

    test('later pages are of the time of the first', async () => {
      const first = await list(`${resource}?limit=4`);
      const { metadata } = await ns.create(resource, {
        ...(resource === 'canaries' ? canary() : {}),
        metadata: { name: 'f' },
      });
      const token = encodeURIComponent(first.metadata.continue ?? '');
      const second = await list(`${resource}?limit=4&continue=${token}`);
      expect(namesOf(second)).toEqual(['e']);
      await ns.remove(`${resource}/${metadata.name}`);
    });

    test('page by page with a selector, which leaves the rest uncounted', async () => {
      const first = await list(`${resource}?limit=1&labelSelector=app`);
      expect(namesOf(first)).toEqual(['a']);
      expect(first.metadata.remainingItemCount).toBeUndefined();
      const token = encodeURIComponent(first.metadata.continue ?? '');
      const second = await list(`${resource}?limit=5&labelSelector=app&continue=${token}`);
      expect(namesOf(second)).toEqual(['b', 'c']);
    });

    test('a token that is none', async () => {
      const answer = await ns.get(`${resource}?limit=1&continue=nonsense`);
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    test.each([
      ['0', ''],
      ['', ''],
    ])('at revision "%s", match "%s"', async (version, match) => {
      const query = `resourceVersion=${version}&resourceVersionMatch=${match}`;
      expect(namesOf(await list(`${resource}?${query}`))).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    test('at an exact revision', async () => {
      const before = await list(resource);
      await ns.patch('merge', `${resource}/e`, { metadata: { labels: { late: 'yes' } } });
      const query = `resourceVersion=${before.metadata.resourceVersion}&resourceVersionMatch=Exact`;
      const then = await list(`${resource}?${query}`);
      expect(then.items).toEqual(before.items);
      await ns.patch('merge', `${resource}/e`, { metadata: { labels: { late: null } } });
    });

    test('metadata alone', async () => {
      const whole = await list(resource);
      const { body } = await ns.get<List>(`${resource}?limit=2`, METADATA_LIST);
      expect(body).toMatchObject({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { continue: expect.any(String) as unknown },
      });
      const type = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
      expect(body.items).toEqual(
        whole.items.slice(0, 2).map(({ metadata }) => ({ ...type, metadata })),
      );
      const one = await ns.get(`${resource}/a`, METADATA);
      expect(one.body).toEqual({ ...type, metadata: whole.items[0]?.metadata });
    });

    test('metadata alone of what was written', async () => {
      const path = ns.path(`${resource}/a`);
      const answer = await server().send('PATCH', path, {
        body: { metadata: { annotations: { x: 'y' } } },
        type: 'application/merge-patch+json',
        accept: METADATA,
      });
      expect(answer).toMatchObject({
        status: 200,
        body: { kind: 'PartialObjectMetadata', metadata: { annotations: { x: 'y' } } },
      });
      expect(answer.body).not.toHaveProperty('data');
    });
  });

  test('items of built-in kinds do not repeat their type, those of custom ones do', async () => {
    const [secret] = (await list('secrets')).items;
    const [own] = (await list('canaries')).items;
    expect(secret).not.toHaveProperty('kind');
    expect(own).toMatchObject({ kind: 'Canary', apiVersion: 'linnet.dev/v1beta1' });
  });

  test('by a field that the definition makes selectable', async () => {
    expect(namesOf(await list('widgets?fieldSelector=spec.mode%3DFast'))).toEqual(['a', 'b']);
  });

  test('by the type of a Secret', async () => {
    expect(namesOf(await list('secrets?fieldSelector=type%3DOpaque'))).toHaveLength(5);
    expect(namesOf(await list('secrets?fieldSelector=type%3Dother'))).toEqual([]);
  });

  test('across namespaces, with the namespace as a field', async () => {
    const query = `fieldSelector=metadata.namespace%3D${ns.name}`;
    const path = `/apis/linnet.dev/v1beta1/canaries?${query}`;
    const { body } = await server().send<List>('GET', path);
    expect(namesOf(body)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('in YAML', async () => {
    const { headers, body } = await ns.get<string>('canaries/a', 'application/yaml');
    expect(headers['content-type']).toBe('application/yaml');
    expect(body).toContain('kind: Canary');
  });

  test('in a form that does not exist', async () => {
    const answer = await ns.get('canaries/a', 'text/html');
    expect(answer).toMatchObject({ status: 406, body: { reason: 'NotAcceptable' } });
  });
}

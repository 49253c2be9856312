import { describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer, RawEvent } from './api-server.ts';
import { canary, configMap, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace, type TestNamespace } from './test-namespace.ts';

/** Type and name of each event. */
const told = (events: RawEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`);

export function describeWatches(server: () => ApiServer): void {
  const ns = testNamespace(server, 'watches');

  const opened = async <T>(path: string, during: (next: Next) => Promise<T>): Promise<T> => {
    const watch = await ns.watch(`${path}${path.includes('?') ? '&' : '?'}watch=true`);
    try {
      return await during((count) => watch.take(count));
    } finally {
      watch.close();
    }
  };

  describe.each([
    { resource: 'secrets', manifest: configMap({ a: 'MQ==' }), change: { data: { a: 'Mg==' } } },
    { resource: 'canaries', manifest: canary(), change: { spec: { suspend: true } } },
  ])('$resource', ({ resource, manifest, change }) => {
    /** Makes, changes and deletes an object, and says at which revisions. */
    async function history(): Promise<{ from: string; made: ApiObject; changed: ApiObject }> {
      const from = await listVersion(ns, resource);
      const made = await ns.create(resource, manifest);
      const { name } = made.metadata;
      const { body: changed } = await ns.patch('merge', `${resource}/${name}`, change);
      expect((await ns.remove(`${resource}/${name}`)).status).toBe(200);
      return { from, made, changed };
    }

    test('resume after the revision of a list', async () => {
      const { from, made, changed } = await history();
      const events = await opened(`${resource}?resourceVersion=${from}`, (next) => next(3));
      expect(events.slice(0, 2)).toEqual([
        { type: 'ADDED', object: made },
        { type: 'MODIFIED', object: changed },
      ]);
      const { resourceVersion: deletedAt } = events[2]?.object.metadata ?? {};
      expect(Number(deletedAt)).toBeGreaterThan(Number(changed.metadata.resourceVersion));
      const last = { ...changed, metadata: { ...changed.metadata, resourceVersion: deletedAt } };
      expect(events[2]).toEqual({ type: 'DELETED', object: last });
    });

    test('resume after the revision of an object', async () => {
      const { made, changed } = await history();
      const { resourceVersion } = made.metadata;
      const path = `${resource}?resourceVersion=${resourceVersion}`;
      const [first] = await opened(path, (next) => next(1));
      expect(first).toEqual({ type: 'MODIFIED', object: changed });
    });

    test.each(['', 'resourceVersion=0'])('begin with what exists: ?%s', async (query) => {
      const made = await ns.create(resource, manifest);
      const { name } = made.metadata;
      const path = `${resource}?fieldSelector=metadata.name%3D${name}&${query}`;
      await opened(path, async (next) => {
        expect(await next(1)).toEqual([{ type: 'ADDED', object: made }]);
        await ns.remove(`${resource}/${name}`);
        expect(told(await next(1))).toEqual([`DELETED ${name}`]);
      });
    });

    test('see objects come and go as they match a selector', async () => {
      const from = await listVersion(ns, resource);
      const { metadata } = await ns.create(resource, manifest);
      const path = `${resource}/${metadata.name}`;
      const label = (track: string | null, more: object = {}) =>
        ns.patch('merge', path, { metadata: { labels: { track } }, ...more });
      await label('canary');
      await label('canary', change);
      const { body: left } = await label('primary');
      await label('canary');
      await label(null);
      const query = `labelSelector=track%3Dcanary&resourceVersion=${from}`;
      const events = await opened(`${resource}?${query}`, (next) => next(5));
      const { name } = metadata;
      expect(told(events)).toEqual([
        `ADDED ${name}`,
        `MODIFIED ${name}`,
        `DELETED ${name}`,
        `ADDED ${name}`,
        `DELETED ${name}`,
      ]);
      // It is shown as it last matched, at the revision at which it ceased to.
      expect(events[2]?.object.metadata).toMatchObject({
        labels: { track: 'canary' },
        resourceVersion: left.metadata.resourceVersion,
      });
    });

    test('not one object by its path, which is read', async () => {
      const made = await ns.create(resource, manifest);
      const path = `${resource}/${made.metadata.name}`;
      expect((await ns.get(`${path}?watch=true`)).body).toEqual(made);
    });

    test('metadata alone', async () => {
      const from = await listVersion(ns, resource);
      const made = await ns.create(resource, manifest);
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      const path = ns.path(`${resource}?watch=true&resourceVersion=${from}`);
      const watch = await server().watch(path, accept);
      const [event] = await watch.take(1);
      watch.close();
      const type = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };
      expect(event).toEqual({ type: 'ADDED', object: { ...type, metadata: made.metadata } });
    });

    test('rows of a table', async () => {
      const from = await listVersion(ns, resource);
      const made = await ns.create(resource, manifest);
      await ns.patch('merge', `${resource}/${made.metadata.name}`, change);
      const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
      const path = ns.path(`${resource}?watch=true&resourceVersion=${from}`);
      const watch = await server().watch(path, accept);
      const tables = (await watch.take(2)).map(({ object }) => object as unknown as Table);
      watch.close();
      expect(tables[0]?.columnDefinitions?.[0]).toMatchObject({ name: 'Name' });
      expect(tables[1]?.columnDefinitions).toBeNull();
      expect(tables.map(({ rows }) => rows[0]?.cells[0])).toEqual([
        made.metadata.name,
        made.metadata.name,
      ]);
    });
  });

  // Caches of custom resources begin later than etcd, those of built-in kinds may not.
  test.each(['canaries', 'widgets'])('say that a revision is too old: %s', async (resource) => {
    const query = `resourceVersion=${server().revisionTooOld()}`;
    const [event] = await opened(`${resource}?${query}`, (next) => next(1));
    const object = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 };
    expect(event).toMatchObject({ type: 'ERROR', object });
    expect(event?.object['message']).toMatch(/^too old resource version: 1 \(\d+\)$/);
  });

  test('bring a bookmark before they end', async () => {
    const from = await listVersion(ns, 'canaries');
    const query = `resourceVersion=${from}&allowWatchBookmarks=true&timeoutSeconds=4`;
    const watch = await ns.watch(`canaries?watch=true&${query}`);
    const { metadata } = await ns.create('canaries', canary());
    const [added, bookmark] = await watch.rest();
    expect(added?.type).toBe('ADDED');
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Canary', apiVersion: 'linnet.dev/v1beta1' },
    });
    const { resourceVersion } = bookmark?.object.metadata ?? {};
    expect(Number(resourceVersion)).toBeGreaterThanOrEqual(Number(metadata.resourceVersion));
  });

  test('end when the client said, in good order', async () => {
    const version = await listVersion(ns, 'secrets');
    const query = `watch=true&timeoutSeconds=1&resourceVersion=${version}`;
    const watch = await ns.watch(`secrets?${query}&labelSelector=none%3Dhere`);
    expect(await watch.rest()).toEqual([]);
  });

  test('span all namespaces', async () => {
    const from = await listVersion(ns, 'widgets');
    const { metadata } = await ns.create('widgets', widget());
    const path = `/apis/conformance.linnet.dev/v1/widgets?watch=1&resourceVersion=${from}`;
    const watch = await server().watch(path);
    expect(told(await watch.take(1))).toEqual([`ADDED ${metadata.name}`]);
    watch.close();
  });

  test('select by a field that the definition makes selectable', async () => {
    const from = await listVersion(ns, 'widgets');
    const { metadata } = await ns.create('widgets', widget());
    const { name } = metadata;
    await ns.patch('merge', `widgets/${name}`, { spec: { mode: 'Slow' } });
    await ns.patch('merge', `widgets/${name}`, { spec: { mode: 'Fast' } });
    const query = `fieldSelector=spec.mode%3DSlow&resourceVersion=${from}`;
    const events = await opened(`widgets?${query}`, (next) => next(2));
    expect(told(events)).toEqual([`ADDED ${name}`, `DELETED ${name}`]);
  });

  describe('are refused', () => {
    test('a revision that is no number', async () => {
      const { status, body } = await ns.get('secrets?watch=true&resourceVersion=abc');
      const message =
        'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax';
      const { reason: _none, ...answer } = refusal(500, '', message).body as { reason: string };
      expect({ status, body }).toEqual({ status: 500, body: answer });
    });

    test('initial events without a bound', async () => {
      const answer = await ns.get('secrets?watch=true&timeoutSeconds=5&sendInitialEvents=true');
      const detail =
        'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      expect(said(answer)).toEqual(
        refusal(
          422,
          'Invalid',
          `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${detail}`,
          {
            group: 'meta.k8s.io',
            kind: 'ListOptions',
            causes: [
              { reason: 'FieldValueForbidden', message: detail, field: 'resourceVersionMatch' },
            ],
          },
        ),
      );
    });
  });
}

type Next = (count: number) => Promise<RawEvent[]>;

interface Table {
  columnDefinitions: { name: string }[] | null;
  rows: { cells: unknown[] }[];
}

async function listVersion(ns: TestNamespace, resource: string): Promise<string> {
  const { metadata } = await ns.read(resource);
  return metadata.resourceVersion;
}

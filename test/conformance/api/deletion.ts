import { describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer, RawWatch } from './api-server.ts';
import { canary, configMap, service } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

const FINALIZER = 'linnet.dev/finalizer';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export function describeDeletion(server: () => ApiServer): void {
  const ns = testNamespace(server, 'deletion');

  describe('answers', () => {
    test.each([
      { resource: 'configmaps', manifest: configMap() },
      { resource: 'canaries', group: 'linnet.dev', manifest: canary() },
    ])('a Status for $resource', async ({ resource, group, manifest }) => {
      const { metadata } = await ns.create(resource, manifest);
      const { name, uid } = metadata;
      const details = { name, ...(group === undefined ? {} : { group }), kind: resource, uid };
      expect(said(await ns.remove(`${resource}/${name}`))).toEqual({
        status: 200,
        body: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Success',
          details,
        },
      });
    });

    test.each([
      { resource: 'services', manifest: service() },
      { resource: 'serviceaccounts', manifest: {} },
    ])('the object itself for $resource', async ({ resource, manifest }) => {
      const { kind, metadata } = await ns.create(resource, manifest);
      const { name, uid } = metadata;
      const answer = await ns.remove(`${resource}/${name}`);
      expect(answer).toMatchObject({ status: 200, body: { kind, metadata: { name, uid } } });
    });

    test('404 for what is gone', async () => {
      const message = 'canaries.linnet.dev "gone" not found';
      const details = { name: 'gone', group: 'linnet.dev', kind: 'canaries' };
      const answer = await ns.remove('canaries/gone');
      expect(said(answer)).toEqual(refusal(404, 'NotFound', message, details));
    });
  });

  describe.each([
    { resource: 'configmaps', manifest: configMap(), change: { data: { a: '2' } } },
    { resource: 'canaries', manifest: canary(), change: { spec: { suspend: true } } },
  ])('a finalizer of one of the $resource', ({ resource, manifest, change }) => {
    async function held(): Promise<string> {
      const made = await ns.create(resource, manifest);
      const path = `${resource}/${made.metadata.name}`;
      await ns.patch('merge', path, { metadata: { finalizers: [FINALIZER] } });
      const answer = await ns.remove(path);
      expect(answer.status).toBe(200);
      return path;
    }

    test('keeps it, marked', async () => {
      const path = await held();
      const { metadata } = await ns.read(path);
      expect(metadata).toMatchObject({
        deletionTimestamp: expect.stringMatching(TIME) as unknown,
        deletionGracePeriodSeconds: 0,
        finalizers: [FINALIZER],
      });
    });

    test('lets it be changed, and deleted again, which changes nothing', async () => {
      const path = await held();
      const { body: changed } = await ns.patch('merge', path, change);
      expect(changed).toMatchObject(change);
      expect((await ns.remove(path)).body).toEqual(changed);
      expect(await ns.read(path)).toEqual(changed);
    });

    test('lets it go when it is taken away', async () => {
      const path = await held();
      const answer = await ns.patch('merge', path, { metadata: { finalizers: null } });
      expect(answer.status).toBe(200);
      expect(answer.body.metadata.deletionTimestamp).toMatch(TIME);
      expect((await ns.get(path)).status).toBe(404);
    });

    test('cannot be joined by another', async () => {
      const path = await held();
      const added = { metadata: { finalizers: [FINALIZER, 'x.dev/new'] } };
      const message =
        'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.dev/new"}';
      const cause = { reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' };
      const answer = await ns.patch<Refused>('merge', path, added);
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(answer.body.details.causes).toContainEqual(cause);
    });

    test('keeps its mark, whatever a client writes', async () => {
      const path = await held();
      const { metadata } = await ns.read(path);
      const patch = { metadata: { deletionTimestamp: null } };
      const answer = await ns.patch('merge', path, patch);
      expect(answer.body.metadata.deletionTimestamp).toBe(metadata.deletionTimestamp);
    });
  });

  test.each(['nonsense', 'linnet.dev/', 'Not Good/x'])(
    'a finalizer named %s is refused',
    async (name) => {
      const answer = await ns.post('configmaps', { metadata: { name: 'f', finalizers: [name] } });
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    },
  );

  describe('propagation', () => {
    const ownedBy = (owner: ApiObject, more: object = {}): object => ({
      metadata: {
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name: owner.metadata.name,
            uid: owner.metadata.uid,
            ...more,
          },
        ],
      },
    });

    async function family(): Promise<{ owner: ApiObject; child: ApiObject; watch: RawWatch }> {
      const owner = await ns.create('configmaps', configMap());
      const child = await ns.create('secrets', ownedBy(owner, { blockOwnerDeletion: true }));
      const { resourceVersion, name } = child.metadata;
      const query = `fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`;
      return { owner, child, watch: await ns.watch(`secrets?watch=true&${query}`) };
    }

    test.each([undefined, 'Background'])('%s: dependents follow', async (propagationPolicy) => {
      const { owner, watch } = await family();
      const path = `configmaps/${owner.metadata.name}`;
      const options = propagationPolicy === undefined ? undefined : { propagationPolicy };
      expect((await ns.remove(path, options)).status).toBe(200);
      expect((await ns.get(path)).status).toBe(404);
      expect(await watch.take(1)).toMatchObject([{ type: 'DELETED' }]);
      watch.close();
    });

    test('Foreground: dependents go before', async () => {
      const { owner, watch } = await family();
      const { name, resourceVersion } = owner.metadata;
      const query = `fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`;
      const ofOwner = await ns.watch(`configmaps?watch=true&${query}`);
      const options = { propagationPolicy: 'Foreground' };
      const { body } = await ns.remove(`configmaps/${name}`, options);
      expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
      expect(body.metadata.deletionTimestamp).toMatch(TIME);
      const [gone] = await watch.take(1);
      expect(gone?.type).toBe('DELETED');
      const [marked, ended] = await ofOwner.take(2);
      expect(marked).toMatchObject({ type: 'MODIFIED', object: { metadata: body.metadata } });
      expect(ended?.type).toBe('DELETED');
      const versions = [gone, ended].map((event) => Number(event?.object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      watch.close();
      ofOwner.close();
    });

    test('Orphan: dependents stay, without their owner', async () => {
      const { owner, child, watch } = await family();
      const path = `configmaps/${owner.metadata.name}`;
      const { body } = await ns.remove(path, { propagationPolicy: 'Orphan' });
      expect(body.metadata.finalizers).toEqual(['orphan']);
      const [event] = await watch.take(1);
      expect(event?.type).toBe('MODIFIED');
      expect(event?.object.metadata).not.toHaveProperty('ownerReferences');
      watch.close();
      expect((await ns.get(`secrets/${child.metadata.name}`)).status).toBe(200);
    });

    test('a dependent of two owners stays with the other', async () => {
      const [one, other] = [
        await ns.create('configmaps', configMap()),
        await ns.create('configmaps', configMap()),
      ];
      const references = [one, other].map(
        (owner) => (ownedBy(owner) as { metadata: Owned }).metadata.ownerReferences[0],
      );
      const child = await ns.create('secrets', { metadata: { ownerReferences: references } });
      const { name, resourceVersion } = child.metadata;
      const query = `fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`;
      const watch = await ns.watch(`secrets?watch=true&${query}`);
      await ns.remove(`configmaps/${one.metadata.name}`);
      const [event] = await watch.take(1);
      watch.close();
      expect(event).toMatchObject({
        type: 'MODIFIED',
        object: { metadata: { ownerReferences: [references[1]] } },
      });
    });

    test('one that is born to an owner of no more is taken too', async () => {
      const owner = await ns.create('configmaps', configMap());
      await ns.remove(`configmaps/${owner.metadata.name}`);
      const child = await ns.create('secrets', ownedBy(owner));
      const { name, resourceVersion } = child.metadata;
      const query = `fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`;
      const watch = await ns.watch(`secrets?watch=true&${query}`);
      expect(await watch.take(1)).toMatchObject([{ type: 'DELETED' }]);
      watch.close();
    });

    test('an unknown policy is refused', async () => {
      const owner = await ns.create('configmaps', configMap());
      const path = `configmaps/${owner.metadata.name}`;
      const answer = await ns.remove(path, { propagationPolicy: 'Sideways' });
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect((await ns.get(path)).status).toBe(200);
    });

    test('two controllers are refused', async () => {
      const owner = await ns.create('configmaps', configMap());
      const [reference] = (ownedBy(owner, { controller: true }) as { metadata: Owned }).metadata
        .ownerReferences;
      const ownerReferences = [reference, { ...reference, name: 'other', uid: 'other' }];
      const answer = await ns.post('secrets', { metadata: { name: 'two', ownerReferences } });
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });
  });

  describe('of a collection', () => {
    test.each([
      { resource: 'secrets', manifest: {} },
      { resource: 'canaries', manifest: canary() },
    ])('$resource, by label', async ({ resource, manifest }) => {
      const labelled = (label: string) => ({ ...manifest, metadata: { labels: { go: label } } });
      for (const label of ['yes', 'yes', 'no']) await ns.create(resource, labelled(label));
      const answer = await ns.remove<ListBody>(`${resource}?labelSelector=go%3Dyes`);
      expect(answer.status).toBe(200);
      expect(answer.body.kind).toMatch(/List$/);
      expect(answer.body.items).toHaveLength(2);
      const left = await ns.get<ListBody>(`${resource}?labelSelector=go`);
      expect(left.body.items.map(({ metadata }) => metadata.labels)).toEqual([{ go: 'no' }]);
    });

    test('leaves those that are held', async () => {
      const metadata = { labels: { held: 'yes' }, finalizers: [FINALIZER] };
      await ns.create('secrets', { metadata });
      await ns.remove('secrets?labelSelector=held%3Dyes');
      const left = await ns.get<ListBody>('secrets?labelSelector=held%3Dyes');
      expect(left.body.items).toHaveLength(1);
      expect(left.body.items[0]?.metadata.deletionTimestamp).toMatch(TIME);
    });
  });

  test('of a namespace takes what is in it', async () => {
    const made = await server().send<ApiObject>('POST', '/api/v1/namespaces', {
      body: { metadata: { generateName: 'short-lived-' } },
    });
    const { name, resourceVersion } = made.body.metadata;
    const inside = `/api/v1/namespaces/${name}/configmaps`;
    await server().send('POST', inside, { body: { metadata: { name: 'x' } } });
    const query = `watch=true&fieldSelector=metadata.name%3D${name}`;
    const watch = await server().watch(
      `/api/v1/namespaces?${query}&resourceVersion=${resourceVersion}`,
    );
    const answer = await server().send<ApiObject>('DELETE', `/api/v1/namespaces/${name}`);
    expect(answer).toMatchObject({ status: 200, body: { status: { phase: 'Terminating' } } });
    let event;
    do [event] = await watch.take(1);
    while (event?.type === 'MODIFIED');
    expect(event?.type).toBe('DELETED');
    watch.close();
    expect(await server().send('GET', `${inside}/x`)).toMatchObject({ status: 404 });
  });
}

interface Owned {
  ownerReferences: object[];
}

interface Refused {
  details: { causes: object[] };
}

interface ListBody {
  kind: string;
  items: ApiObject[];
}

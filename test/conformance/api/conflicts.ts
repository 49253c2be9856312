import { describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer } from './api-server.ts';
import { canary, configMap, deployment, service } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace, type PatchType } from './test-namespace.ts';

const MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';
const NOBODY = '00000000-0000-0000-0000-000000000000';

const KINDS = [
  { resource: 'configmaps', manifest: configMap() },
  { resource: 'services', manifest: service() },
  // Like a Deployment, but no controller of the test's cluster writes to it.
  { resource: 'statefulsets', group: 'apps', manifest: deployment() },
  { resource: 'canaries', group: 'linnet.dev', manifest: canary() },
];

/** Optimistic concurrency: DESIGN's fences rest on it. */
export function describeConflicts(server: () => ApiServer): void {
  const ns = testNamespace(server, 'conflicts');

  /** An object that somebody changed after we read it, as it was read and as it is. */
  async function overtaken(resource: string, manifest: object): Promise<[ApiObject, ApiObject]> {
    const old = await ns.create(resource, manifest);
    const patch = { metadata: { labels: { changed: 'meanwhile' } } };
    const { body } = await ns.patch('merge', `${resource}/${old.metadata.name}`, patch);
    expect(body.metadata.resourceVersion).not.toBe(old.metadata.resourceVersion);
    return [old, body];
  }

  describe.each(KINDS)('$resource', ({ resource, group, manifest }) => {
    const about = (name: string, noun = resource) => ({
      name,
      ...(group === undefined ? {} : { group }),
      kind: noun,
    });
    const conflict = (name: string, why = MODIFIED, noun = resource) => {
      const subject = group === undefined ? noun : `${noun}.${group}`;
      const message = `Operation cannot be fulfilled on ${subject} "${name}": ${why}`;
      return refusal(409, 'Conflict', message, about(name, noun));
    };

    test('a PUT from an old revision', async () => {
      const [old, now] = await overtaken(resource, manifest);
      const path = `${resource}/${old.metadata.name}`;
      expect(said(await ns.put(path, old))).toEqual(conflict(old.metadata.name));
      expect(await ns.read(path)).toEqual(now);
    });

    test('a PUT of another object of that name', async () => {
      const [, now] = await overtaken(resource, manifest);
      const { name, uid } = now.metadata;
      const other = { ...now, metadata: { ...now.metadata, uid: NOBODY } };
      const why = `Precondition failed: UID in precondition: ${NOBODY}, UID in object meta: ${uid}`;
      const answer = await ns.put(`${resource}/${name}`, other);
      expect(said(answer)).toEqual(
        refusal(409, 'Conflict', expect.stringContaining(why), about(name)),
      );
    });

    test('a PUT from the present revision', async () => {
      const [, now] = await overtaken(resource, manifest);
      const annotations = { seen: 'yes' };
      const changed = { ...now, metadata: { ...now.metadata, annotations } };
      const answer = await ns.put(`${resource}/${now.metadata.name}`, changed);
      expect(answer).toMatchObject({ status: 200, body: { metadata: { annotations } } });
    });

    const patches = {
      merge: (rv: string) => ({ metadata: { resourceVersion: rv, labels: { late: 'yes' } } }),
      strategic: (rv: string) => ({ metadata: { resourceVersion: rv, labels: { late: 'yes' } } }),
      json: (rv: string) => [
        { op: 'replace', path: '/metadata/resourceVersion', value: rv },
        { op: 'add', path: '/metadata/labels/late', value: 'yes' },
      ],
    };
    const types = Object.keys(patches).filter(
      (type) => type !== 'strategic' || group !== 'linnet.dev',
    ) as (keyof typeof patches)[];

    test.each(types)('a %s patch that names a revision', async (type) => {
      const [old, now] = await overtaken(resource, manifest);
      const path = `${resource}/${old.metadata.name}`;
      const late = await ns.patch(type, path, patches[type](old.metadata.resourceVersion));
      expect(said(late)).toEqual(conflict(old.metadata.name));
      expect(await ns.read(path)).toEqual(now);
      const timely = await ns.patch(type, path, patches[type](now.metadata.resourceVersion));
      expect(timely).toMatchObject({
        status: 200,
        body: { metadata: { labels: { late: 'yes' } } },
      });
    });

    test('a JSON Patch whose test of the revision fails', async () => {
      const [old] = await overtaken(resource, manifest);
      const value = old.metadata.resourceVersion;
      const answer = await ns.patch('json', `${resource}/${old.metadata.name}`, [
        { op: 'test', path: '/metadata/resourceVersion', value },
        { op: 'add', path: '/metadata/labels/late', value: 'yes' },
      ]);
      const message = 'the server rejected our request due to an error in our request';
      expect(said(answer)).toEqual(refusal(422, 'Invalid', message, {}));
    });

    test('an apply that names a revision', async () => {
      const [old, now] = await overtaken(resource, manifest);
      const { apiVersion, kind } = typed(now, manifest);
      const path = `${resource}/${old.metadata.name}?fieldManager=late&force=true`;
      const applied = ({ metadata: { name, resourceVersion } }: ApiObject) => {
        const metadata = { name, resourceVersion, annotations: { late: 'yes' } };
        return ns.patch('apply', path, { ...manifest, apiVersion, kind, metadata });
      };
      expect(said(await applied(old))).toEqual(conflict(old.metadata.name));
      expect(await applied(now)).toMatchObject({ status: 200 });
    });

    test('a DELETE with preconditions', async () => {
      const [old, now] = await overtaken(resource, manifest);
      const { name, uid, resourceVersion } = now.metadata;
      const path = `${resource}/${name}`;
      const recreated = (what: string, wanted: string, found: string) =>
        `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). The object might have been ${what === 'UID' ? 'deleted and then recreated' : 'modified'}`;
      const late = old.metadata.resourceVersion;
      const rows = [
        [{ uid: NOBODY }, recreated('UID', NOBODY, uid)],
        [{ uid, resourceVersion: late }, recreated('ResourceVersion', late, resourceVersion)],
      ] as const;
      for (const [preconditions, why] of rows) {
        const answer = await ns.remove(path, { preconditions });
        expect(said(answer)).toEqual(conflict(name, why, now.kind));
      }
      const right = { preconditions: { uid, resourceVersion } };
      expect((await ns.remove(path, right)).status).toBe(200);
      expect((await ns.get(path)).status).toBe(404);
    });

    test('what changes nothing makes no revision', async () => {
      const [, now] = await overtaken(resource, manifest);
      const path = `${resource}/${now.metadata.name}`;
      expect((await ns.put(path, now)).body).toEqual(now);
      const labels = { changed: 'meanwhile' };
      const writes: [PatchType, unknown][] = [
        ['merge', { metadata: { labels } }],
        ['json', [{ op: 'replace', path: '/metadata/labels/changed', value: 'meanwhile' }]],
      ];
      for (const [type, patch] of writes) {
        expect((await ns.patch(type, path, patch)).body).toEqual(now);
      }
    });
  });

  const blindly = async (resource: string, manifest: object) => {
    const [old, now] = await overtaken(resource, manifest);
    const { name } = old.metadata;
    const answer = await ns.put(`${resource}/${name}`, { ...now, metadata: { name } });
    return { name, old, answer };
  };

  test.each(KINDS.filter(({ group }) => group !== 'linnet.dev'))(
    'a PUT without a revision overwrites one of the $resource',
    async ({ resource, manifest }) => {
      const { old, answer } = await blindly(resource, manifest);
      const { uid } = old.metadata;
      expect(answer).toMatchObject({ status: 200, body: { metadata: { uid } } });
    },
  );

  test('a PUT without a revision is refused for canaries', async () => {
    const { name, answer } = await blindly('canaries', canary());
    const fault = 'Invalid value: 0: must be specified for an update';
    const field = 'metadata.resourceVersion';
    expect(said(answer)).toEqual(
      refusal(422, 'Invalid', `canaries.linnet.dev "${name}" is invalid: ${field}: ${fault}`, {
        name,
        group: 'linnet.dev',
        kind: 'canaries',
        causes: [{ reason: 'FieldValueInvalid', message: fault, field }],
      }),
    );
  });

  test.each([
    { resource: 'statefulsets', manifest: deployment() },
    { resource: 'canaries', manifest: canary() },
  ])('the status of $resource is fenced too', async ({ resource, manifest }) => {
    const [old] = await overtaken(resource, manifest);
    const path = `${resource}/${old.metadata.name}/status`;
    expect(await ns.put(path, old)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const { resourceVersion } = old.metadata;
    const patch = { metadata: { resourceVersion }, status: {} };
    expect(await ns.patch('merge', path, patch)).toMatchObject({ status: 409 });
  });
}

function typed(stored: ApiObject, manifest: object): { apiVersion: string; kind: string } {
  return { apiVersion: stored.apiVersion, kind: stored.kind, ...manifest };
}

import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { canary, configMap, deployment, service } from './manifests.ts';
import { testNamespace, type PatchType } from './test-namespace.ts';

const KINDS = [
  { resource: 'configmaps', manifest: configMap(), change: { data: { a: '2' } } },
  { resource: 'statefulsets', manifest: deployment(), change: { spec: { replicas: 4 } } },
  { resource: 'canaries', manifest: canary(), change: { spec: { suspend: true } } },
];

/** `dryRun=All`: all of the answer, nothing of the deed. */
export function describeDryRun(server: () => ApiServer): void {
  const ns = testNamespace(server, 'dry-run');

  describe.each(KINDS)('$resource', ({ resource, manifest, change }) => {
    test('of a creation', async () => {
      const named = { ...manifest, metadata: { name: 'tried' } };
      const answer = await ns.post(`${resource}?dryRun=All`, named);
      expect(answer).toMatchObject({ status: 201, body: { metadata: { name: 'tried' } } });
      expect(answer.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.body.metadata.resourceVersion).toBeUndefined();
      expect((await ns.get(`${resource}/tried`)).status).toBe(404);
    });

    test.each<{ type: PatchType; patch: object }>([
      { type: 'merge', patch: change },
      { type: 'json', patch: [{ op: 'add', path: '/metadata/labels', value: { x: 'y' } }] },
    ])('of a $type patch', async ({ type, patch }) => {
      const made = await ns.create(resource, manifest);
      const path = `${resource}/${made.metadata.name}`;
      const answer = await ns.patch(type, `${path}?dryRun=All`, patch);
      expect(answer).toMatchObject({ status: 200, body: type === 'merge' ? change : {} });
      expect(answer.body.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
      expect(await ns.read(path)).toEqual(made);
    });

    test('of a replacement', async () => {
      const made = await ns.create(resource, manifest);
      const path = `${resource}/${made.metadata.name}`;
      const labels = { x: 'y' };
      const changed = { ...made, metadata: { ...made.metadata, labels } };
      const answer = await ns.put(`${path}?dryRun=All`, changed);
      expect(answer).toMatchObject({ status: 200, body: { metadata: { labels } } });
      expect(await ns.read(path)).toEqual(made);
    });

    test('of an apply, of what exists and of what does not', async () => {
      const made = await ns.create(resource, manifest);
      const { apiVersion, kind } = made;
      for (const name of [made.metadata.name, 'applied']) {
        const path = `${resource}/${name}?dryRun=All&fieldManager=tryer&force=true`;
        const applied = { ...manifest, apiVersion, kind, metadata: { name, labels: { x: 'y' } } };
        const answer = await ns.patch('apply', path, applied);
        expect(answer).toMatchObject({ body: { metadata: { labels: { x: 'y' } } } });
      }
      expect(await ns.read(`${resource}/${made.metadata.name}`)).toEqual(made);
      expect((await ns.get(`${resource}/applied`)).status).toBe(404);
    });

    test('of a deletion', async () => {
      const made = await ns.create(resource, manifest);
      const path = `${resource}/${made.metadata.name}`;
      expect((await ns.remove(`${path}?dryRun=All`)).status).toBe(200);
      expect((await ns.remove(path, { dryRun: ['All'] })).status).toBe(200);
      expect(await ns.read(path)).toEqual(made);
    });
  });

  test('refuses as the deed would', async () => {
    const wrong = { ...canary({ service: { port: 0 } }), metadata: { name: 'wrong' } };
    expect(await ns.post('canaries?dryRun=All', wrong)).toMatchObject({ status: 422 });
  });

  test('takes no other value', async () => {
    const answer = await ns.post('configmaps?dryRun=Some', { metadata: { name: 'x' } });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect((await ns.get('configmaps/x')).status).toBe(404);
  });

  test('of a Service gives it an address and takes none', async () => {
    const answer = await ns.post('services?dryRun=All', { ...service(), metadata: { name: 'x' } });
    expect(answer.status).toBe(201);
    expect(answer.body.spec?.['clusterIP']).toMatch(/^10\.\d+\.\d+\.\d+$/);
  });
}

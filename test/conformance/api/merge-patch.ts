import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { canary, configMap, deployment, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

export function describeMergePatch(server: () => ApiServer): void {
  const ns = testNamespace(server, 'merge-patch');

  test.each([
    { does: 'adds', patch: { data: { b: '2' } }, data: { a: '1', b: '2' } },
    { does: 'replaces', patch: { data: { a: '2' } }, data: { a: '2' } },
    { does: 'deletes by null', patch: { data: { a: null, b: '2' } }, data: { b: '2' } },
    { does: 'deletes what is missing', patch: { data: { c: null } }, data: { a: '1' } },
    { does: 'deletes all', patch: { data: null }, data: undefined },
    { does: 'changes nothing', patch: {}, data: { a: '1' } },
  ])('$does', async ({ patch, data }) => {
    const { metadata } = await ns.create('configmaps', configMap());
    const answer = await ns.patch('merge', `configmaps/${metadata.name}`, patch);
    expect(answer.status).toBe(200);
    expect(answer.body['data']).toEqual(data);
  });

  test('replaces lists whole, of built-in and custom kinds alike', async () => {
    const containers = [{ name: 'other', image: 'registry.example/other:1' }];
    const workload = await ns.create('statefulsets', deployment());
    const path = `statefulsets/${workload.metadata.name}`;
    const patched = await ns.patch('merge', path, { spec: { template: { spec: { containers } } } });
    expect(patched.body.spec).toMatchObject({
      template: { spec: { containers: [expect.objectContaining(containers[0] ?? {})] } },
    });

    const made = await ns.create('widgets', widget({ parts: [{ name: 'a' }, { name: 'b' }] }));
    const parts = [{ name: 'c', count: 3 }];
    const answer = await ns.patch('merge', `widgets/${made.metadata.name}`, { spec: { parts } });
    expect(answer.body.spec).toMatchObject({ parts });
  });

  test('null brings a default back', async () => {
    const { metadata } = await ns.create('widgets', widget({ mode: 'Slow' }));
    const answer = await ns.patch('merge', `widgets/${metadata.name}`, { spec: { mode: null } });
    expect(answer.body.spec).toMatchObject({ mode: 'Fast' });

    const workload = await ns.create('statefulsets', deployment({}, { replicas: 0 }));
    const path = `statefulsets/${workload.metadata.name}`;
    const patched = await ns.patch('merge', path, { spec: { replicas: null } });
    expect(patched.body.spec).toMatchObject({ replicas: 1 });
  });

  test('removes labels, annotations and finalizers', async () => {
    const metadata = {
      labels: { a: '1', b: '2' },
      annotations: { c: '3' },
      finalizers: ['x.dev/y'],
    };
    const made = await ns.create('configmaps', { metadata });
    const patch = { metadata: { labels: { a: null }, annotations: null, finalizers: null } };
    const { body } = await ns.patch('merge', `configmaps/${made.metadata.name}`, patch);
    expect(body.metadata.labels).toEqual({ b: '2' });
    expect(body.metadata.annotations).toBeUndefined();
    expect(body.metadata.finalizers).toBeUndefined();
  });

  describe('refuses, and changes nothing', () => {
    test.each([
      { what: 'a list', patch: [], status: 400 },
      { what: 'no JSON', patch: '{', status: 400 },
      {
        what: 'a string where numbers go',
        patch: { spec: { service: { port: 'x' } } },
        status: 422,
      },
      { what: 'another name', patch: { metadata: { name: 'other' } }, status: 400 },
      { what: 'another namespace', patch: { metadata: { namespace: 'other' } }, status: 400 },
      { what: 'removal of what is required', patch: { spec: { targetRef: null } }, status: 422 },
    ])('$what', async ({ patch, status }) => {
      const made = await ns.create('canaries', canary());
      const path = `canaries/${made.metadata.name}`;
      expect(await ns.patch('merge', path, patch)).toMatchObject({ status });
      expect(await ns.read(path)).toEqual(made);
    });

    test('an unknown media type', async () => {
      const { metadata } = await ns.create('configmaps', configMap());
      const path = ns.path(`configmaps/${metadata.name}`);
      const answer = await server().send('PATCH', path, { body: {}, type: 'application/json' });
      const message = '415: Unsupported Media Type';
      expect(said(answer)).toEqual(refusal(415, 'UnsupportedMediaType', message, {}));
    });

    test('a strategic merge patch of a custom resource', async () => {
      const { metadata } = await ns.create('canaries', canary());
      const answer = await ns.patch('strategic', `canaries/${metadata.name}`, {});
      const message =
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
      expect(said(answer)).toEqual(refusal(415, 'UnsupportedMediaType', expect.anything()));
      expect(sorted(messageOf(answer.body))).toEqual(sorted(message));
    });
  });
}

function messageOf(body: unknown): string {
  return (body as { message: string }).message;
}

/** Media types come in no particular order. */
function sorted(message: string): string[] {
  return message.split(/[ ,]+/).sort();
}

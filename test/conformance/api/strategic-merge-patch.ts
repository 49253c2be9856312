import { describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer } from './api-server.ts';
import { deployment, service } from './manifests.ts';
import { PATCHED_POD, POD_PATCHES, type PodSpec } from './strategic-pod-patches.ts';
import { testNamespace } from './test-namespace.ts';

export function describeStrategicMergePatch(server: () => ApiServer): void {
  const ns = testNamespace(server, 'strategic');
  const patched = async (
    resource: string,
    manifest: object,
    patch: unknown,
  ): Promise<ApiObject> => {
    const { metadata } = await ns.create(resource, manifest);
    const answer = await ns.patch('strategic', `${resource}/${metadata.name}`, patch);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };

  describe('a pod template', () => {
    test.each(POD_PATCHES)('$does', async ({ pod, pick, is }) => {
      const manifest = deployment(PATCHED_POD);
      const object = await patched('deployments', manifest, { spec: { template: { spec: pod } } });
      const template = object.spec?.['template'] as { spec: PodSpec };
      expect(pick(template.spec)).toEqual(is);
    });

    test('changes the strategy by retaining keys', async () => {
      const object = await patched('deployments', deployment(), {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      });
      expect(object.spec?.['strategy']).toEqual({ type: 'Recreate' });
    });

    test('cannot recreate with the parameters of rolling', async () => {
      const { metadata } = await ns.create('deployments', deployment());
      const patch = { spec: { strategy: { type: 'Recreate' } } };
      const answer = await ns.patch('strategic', `deployments/${metadata.name}`, patch);
      const message = "Forbidden: may not be specified when strategy `type` is 'Recreate'";
      const cause = {
        reason: 'FieldValueForbidden',
        message,
        field: 'spec.strategy.rollingUpdate',
      };
      expect(answer).toMatchObject({ status: 422, body: { details: { causes: [cause] } } });
    });
  });

  describe('ports of a Service', () => {
    const ports = [
      { name: 'http', port: 80 },
      { name: 'grpc', port: 90, targetPort: 'grpc' },
    ];
    test.each([
      {
        does: 'are merged by number',
        patch: [{ port: 80, targetPort: 8080 }],
        is: [
          { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' },
          { name: 'grpc', port: 90, targetPort: 'grpc', protocol: 'TCP' },
        ],
      },
      {
        does: 'are deleted by directive',
        patch: [{ port: 80, $patch: 'delete' }],
        is: [{ name: 'grpc', port: 90, targetPort: 'grpc', protocol: 'TCP' }],
      },
      {
        does: 'are replaced by directive',
        patch: [{ $patch: 'replace' }, { name: 'only', port: 70 }],
        is: [{ name: 'only', port: 70, targetPort: 70, protocol: 'TCP' }],
      },
    ])('$does', async ({ patch, is }) => {
      const object = await patched('services', service({ ports }), { spec: { ports: patch } });
      expect(object.spec?.['ports']).toEqual(is);
    });

    test('their selector is a map', async () => {
      const selector = { track: 'primary', app: null };
      const object = await patched('services', service(), { spec: { selector } });
      expect(object.spec?.['selector']).toEqual({ track: 'primary' });
    });
  });

  describe('metadata', () => {
    test('labels are merged, finalizers are a set', async () => {
      const metadata = { name: 'meta', labels: { a: '1' }, finalizers: ['x.dev/a'] };
      const change = { labels: { b: '2', a: null }, finalizers: ['x.dev/b'] };
      const object = await patched('configmaps', { metadata }, { metadata: change });
      expect(object.metadata.labels).toEqual({ b: '2' });
      expect(object.metadata.finalizers?.toSorted()).toEqual(['x.dev/a', 'x.dev/b']);
      const drop = { metadata: { '$deleteFromPrimitiveList/finalizers': ['x.dev/a', 'x.dev/b'] } };
      const answer = await ns.patch('strategic', 'configmaps/meta', drop);
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.body.metadata.finalizers).toBeUndefined();
    });

    test('owners are merged by UID', async () => {
      const owner = (name: string) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name,
        uid: `u-${name}`,
      });
      const metadata = { name: 'owned', ownerReferences: [owner('a')] };
      const change = { ownerReferences: [owner('b'), { $patch: 'delete', uid: 'u-a' }] };
      const path = 'configmaps/owned?dryRun=All';
      await ns.create('configmaps', { metadata: { name: 'owned' } });
      const first = await ns.patch('strategic', path, { metadata });
      expect(first.body.metadata).toMatchObject({ ownerReferences: [owner('a')] });
      const second = await ns.patch('strategic', path, { metadata: change });
      expect(second.body.metadata).toMatchObject({ ownerReferences: [owner('b')] });
    });
  });

  test.each([
    { what: 'an unknown directive', patch: { data: { $patch: 'burn' } } },
    { what: 'a list', patch: [] },
    { what: 'no JSON', patch: '{' },
  ])('refuses $what', async ({ patch }) => {
    const { metadata } = await ns.create('configmaps', { data: { a: '1' } });
    const answer = await ns.patch('strategic', `configmaps/${metadata.name}`, patch);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await ns.read(`configmaps/${metadata.name}`))['data']).toEqual({ a: '1' });
  });
}

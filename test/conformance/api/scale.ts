import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { configMap, deployment, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

const KINDS = [
  { resource: 'statefulsets', manifest: deployment({}, { replicas: 2 }), selector: 'app=web' },
  {
    resource: 'deployments',
    manifest: deployment({}, { replicas: 2, paused: true }),
    selector: 'app=web',
  },
  { resource: 'widgets', manifest: widget({ replicas: 2 }), selector: undefined },
];

export function describeScale(server: () => ApiServer): void {
  const ns = testNamespace(server, 'scale');

  describe.each(KINDS)('$resource', ({ resource, manifest, selector }) => {
    test('is read', async () => {
      const { metadata } = await ns.create(resource, manifest);
      const { name, uid, creationTimestamp } = metadata;
      const { body } = await ns.get(`${resource}/${name}/scale`);
      expect(body).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace: ns.name, uid, creationTimestamp },
        spec: { replicas: 2 },
        status: { replicas: 0, ...(selector === undefined ? {} : { selector }) },
      });
    });

    test.each(['merge', 'json', 'put'] as const)('is changed: %s', async (how) => {
      const { metadata } = await ns.create(resource, manifest);
      const path = `${resource}/${metadata.name}`;
      // Whatever the revision: a controller of Deployments may write at any time.
      const { resourceVersion: _now, ...rest } = (await ns.read(`${path}/scale`)).metadata;
      const scale = { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: rest };
      const answer =
        how === 'put'
          ? await ns.put(`${path}/scale`, { ...scale, spec: { replicas: 5 } })
          : await ns.patch(how, `${path}/scale`, PATCHES[how]);
      expect(answer).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 5 } } });
      expect((await ns.read(path)).spec).toMatchObject({ replicas: 5 });
    });

    test('at a revision of before', async () => {
      const { metadata } = await ns.create(resource, manifest);
      const path = `${resource}/${metadata.name}`;
      const scale = await ns.read(`${path}/scale`);
      await ns.patch('merge', path, { metadata: { labels: { changed: 'meanwhile' } } });
      const answer = await ns.put(`${path}/scale`, { ...scale, spec: { replicas: 5 } });
      expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    });

    test('below zero', async () => {
      const { metadata } = await ns.create(resource, manifest);
      const path = `${resource}/${metadata.name}/scale`;
      const answer = await ns.patch('merge', path, { spec: { replicas: -1 } });
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    test('of nothing', async () => {
      expect(await ns.get(`${resource}/none/scale`)).toMatchObject({ status: 404 });
    });
  });

  test('the selector of a custom resource is what its status says', async () => {
    const { metadata } = await ns.create('widgets', widget());
    const path = `widgets/${metadata.name}`;
    await ns.patch('merge', `${path}/status`, { status: { replicas: 3, selector: 'a=b' } });
    const { body } = await ns.get(`${path}/scale`);
    expect(body.status).toEqual({ replicas: 3, selector: 'a=b' });
  });

  test('what has none', async () => {
    const { metadata } = await ns.create('configmaps', configMap());
    const answer = await ns.get(`configmaps/${metadata.name}/scale`);
    const message = 'the server could not find the requested resource';
    expect(said(answer)).toEqual(refusal(404, 'NotFound', message, {}));
  });
}

const PATCHES = {
  merge: { spec: { replicas: 5 } },
  json: [{ op: 'replace', path: '/spec/replicas', value: 5 }],
};

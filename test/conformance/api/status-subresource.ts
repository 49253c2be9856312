import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { configMap, deployment, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

const KINDS = [
  {
    resource: 'widgets',
    manifest: widget(),
    status: { phase: 'Ready' },
    other: { phase: 'Broken' },
    spec: { size: 9 },
    empty: undefined,
    notCreated: {
      message: 'create is not supported on resources of kind "widgets.conformance.linnet.dev"',
      details: { group: 'conformance.linnet.dev', kind: 'widgets' },
    },
  },
  {
    resource: 'statefulsets',
    manifest: deployment(),
    status: { replicas: 3, readyReplicas: 3 },
    other: { replicas: 4 },
    spec: { replicas: 9 },
    empty: { replicas: 0, availableReplicas: 0 },
    notCreated: {
      message: 'the server does not allow this method on the requested resource',
      details: {},
    },
  },
];

export function describeStatusSubresource(server: () => ApiServer): void {
  const ns = testNamespace(server, 'status');

  describe.each(KINDS)('$resource', (row) => {
    const { resource, manifest, status, other, spec, empty, notCreated } = row;

    test('nobody creates a status', async () => {
      const made = await ns.create(resource, { ...manifest, status });
      expect(made.status).toEqual(empty);
    });

    test.each(['merge', 'put'])('/status writes nothing but status: %s', async (how) => {
      const made = await ns.create(resource, manifest);
      const path = `${resource}/${made.metadata.name}`;
      const change = { spec, status };
      const answer =
        how === 'put'
          ? await ns.put(`${path}/status`, { ...made, ...change })
          : await ns.patch('merge', `${path}/status`, change);
      expect(answer).toMatchObject({ status: 200, body: { status } });
      expect(answer.body.spec).toEqual(made.spec);
      expect(await ns.read(path)).toEqual(answer.body);
    });

    test.each(['merge', 'put'])('the object itself writes no status: %s', async (how) => {
      const { metadata } = await ns.create(resource, manifest);
      const path = `${resource}/${metadata.name}`;
      const { body } = await ns.patch('merge', `${path}/status`, { status });
      const answer =
        how === 'put'
          ? await ns.put(path, { ...body, spec: { ...body.spec, ...spec }, status: other })
          : await ns.patch('merge', path, { spec, status: other });
      expect(answer).toMatchObject({ status: 200, body: { spec, status } });
      expect(answer.body.status).toEqual(body.status);
    });

    test('/status reads the whole object', async () => {
      const made = await ns.create(resource, manifest);
      expect(await ns.read(`${resource}/${made.metadata.name}/status`)).toEqual(made);
    });

    test('by JSON Patch, where there was none', async () => {
      const { metadata } = await ns.create(resource, manifest);
      const path = `${resource}/${metadata.name}/status`;
      const answer = await ns.patch('json', path, [{ op: 'add', path: '/status', value: status }]);
      expect(answer).toMatchObject({ status: 200, body: { status } });
    });

    test('it is not created by itself', async () => {
      const made = await ns.create(resource, manifest);
      const answer = await ns.post(`${resource}/${made.metadata.name}/status`, made);
      const { message, details } = notCreated;
      expect(said(answer)).toEqual(refusal(405, 'MethodNotAllowed', message, details));
    });
  });

  test('a status is validated by the schema', async () => {
    const { metadata } = await ns.create('widgets', widget());
    const path = `widgets/${metadata.name}/status`;
    const answer = await ns.patch('merge', path, { status: { phase: 'Odd' } });
    const message = 'Unsupported value: "Odd": supported values: "Ready", "Broken"';
    const cause = { reason: 'FieldValueNotSupported', message, field: 'status.phase' };
    expect(answer).toMatchObject({ status: 422, body: { details: { causes: [cause, NOT_ALL] } } });
  });

  test('a status is pruned by the schema', async () => {
    const { metadata } = await ns.create('widgets', widget());
    const path = `widgets/${metadata.name}/status`;
    const answer = await ns.patch('merge', path, { status: { phase: 'Ready', odd: 1 } });
    expect(answer.body.status).toEqual({ phase: 'Ready' });
  });

  test('an invalid spec of old does not keep a status from being written', async () => {
    const { metadata } = await ns.create('widgets', widget({ frozen: 'a' }));
    const path = `widgets/${metadata.name}/status`;
    const change = { spec: { frozen: 'b' }, status: { phase: 'Ready' } };
    expect(await ns.patch('merge', path, change)).toMatchObject({
      status: 200,
      body: { spec: { frozen: 'a' }, status: { phase: 'Ready' } },
    });
  });

  test.each([
    { resource: 'widgets', manifest: widget(), passes: {} },
    { resource: 'statefulsets', manifest: deployment(), passes: { annotations: X, labels: X } },
    { resource: 'deployments', manifest: deployment(), passes: { annotations: X } },
  ])('metadata through the status of $resource', async ({ resource, manifest, passes }) => {
    const { metadata } = await ns.create(resource, manifest);
    const change = { metadata: { annotations: X, labels: X } };
    const path = `${resource}/${metadata.name}/status`;
    const { body } = await ns.patch('merge', path, change);
    const { annotations, labels } = body.metadata;
    const revision = 'deployment.kubernetes.io/revision';
    const { [revision]: _controller, ...ours } = annotations ?? {};
    expect({ annotations: ours, labels: labels ?? {} }).toEqual({
      annotations: {},
      labels: {},
      ...passes,
    });
  });

  test('a kind without status has no such path', async () => {
    const { metadata } = await ns.create('configmaps', configMap());
    const answer = await ns.get(`configmaps/${metadata.name}/status`);
    const message = 'the server could not find the requested resource';
    expect(said(answer)).toEqual(refusal(404, 'NotFound', message, {}));
  });
}

const X = { x: 'y' };

/** What the schema faults is said first; CEL is not asked then. */
const NOT_ALL = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

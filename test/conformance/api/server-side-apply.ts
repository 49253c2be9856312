import { describe, expect, test } from 'vitest';
import type { Answer, ApiObject, ApiServer, ManagedFields } from './api-server.ts';
import { deployment, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

type Config = Record<string, unknown>;

export function describeServerSideApply(server: () => ApiServer): void {
  const ns = testNamespace(server, 'apply');
  const apply = (
    manager: string,
    resource: string,
    name: string,
    config: object,
    query = '',
  ): Promise<Answer<ApiObject>> =>
    ns.patch('apply', `${resource}/${name}?fieldManager=${manager}${query}`, {
      ...TYPES[resource],
      ...config,
      metadata: { name, ...(config as { metadata?: object }).metadata },
    });
  const forced = '&force=true';

  test('creates, and again changes nothing', async () => {
    const config = { data: { a: '1' }, metadata: { labels: { x: 'y' } } };
    const first = await apply('one', 'configmaps', 'made', config);
    expect(first).toMatchObject({ status: 201, body: { data: { a: '1' } } });
    expect(ownershipOf(first.body)).toEqual([
      {
        manager: 'one',
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:data': { 'f:a': {} },
          'f:metadata': { 'f:labels': { 'f:x': {} } },
        },
      },
    ]);
    const second = await apply('one', 'configmaps', 'made', config);
    expect(second).toMatchObject({ status: 200 });
    expect(second.body).toEqual(first.body);
  });

  test('removes what it applied before and applies no more', async () => {
    await apply('one', 'configmaps', 'less', { data: { a: '1', b: '2' } });
    const { body } = await apply('one', 'configmaps', 'less', { data: { b: '2' } });
    expect(body['data']).toEqual({ b: '2' });
  });

  test('leaves alone what somebody else added', async () => {
    await apply('one', 'configmaps', 'shared', { data: { a: '1' } });
    await ns.patch('merge', 'configmaps/shared?fieldManager=editor', { data: { b: '2' } });
    const { body } = await apply('one', 'configmaps', 'shared', { data: {} });
    expect(body['data']).toEqual({ b: '2' });
  });

  test('is refused what another holds at another value, with whom and where', async () => {
    await apply('one', 'configmaps', 'contested', { data: { a: '1', b: '1' } });
    const answer = await apply('two', 'configmaps', 'contested', { data: { a: '2', b: '1' } });
    const message = 'Apply failed with 1 conflict: conflict with "one": .data.a';
    const details = {
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      ],
    };
    expect(said(answer)).toEqual(refusal(409, 'Conflict', message, details));
  });

  test('counts the conflicts with several', async () => {
    await apply('one', 'configmaps', 'crowded', { data: { a: '1', b: '1' } });
    await apply('two', 'configmaps', 'crowded', { data: { c: '1' } });
    const data = { a: '2', b: '2', c: '2' };
    const answer = await apply('three', 'configmaps', 'crowded', { data });
    const message =
      'Apply failed with 3 conflicts: conflicts with "one":\n- .data.a\n- .data.b\nconflicts with "two":\n- .data.c';
    const cause = (manager: string, field: string) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}"`,
      field,
    });
    const causes = [cause('one', '.data.a'), cause('one', '.data.b'), cause('two', '.data.c')];
    expect(said(answer)).toEqual(refusal(409, 'Conflict', message, { causes }));
  });

  test('conflicts with an update name its operation and version', async () => {
    await ns.create('configmaps', { metadata: { name: 'edited' }, data: { a: '1' } });
    const answer = await apply('one', 'configmaps', 'edited', { data: { a: '2' } });
    const { message } = answer.body as unknown as { message: string };
    expect(message).toMatch(
      /^Apply failed with 1 conflict: conflict with "conformance" using v1( at \S+Z)?: \.data\.a$/,
    );
  });

  test('takes over by force, and the other no longer owns it', async () => {
    await apply('one', 'configmaps', 'taken', { data: { a: '1', b: '1' } });
    const { body } = await apply('two', 'configmaps', 'taken', { data: { a: '2' } }, forced);
    expect(body['data']).toEqual({ a: '2', b: '1' });
    expect(fieldsBy(body)).toEqual({
      one: { 'f:data': { 'f:b': {} } },
      two: { 'f:data': { 'f:a': {} } },
    });
  });

  test('shares a field at the same value, which outlives either', async () => {
    await apply('one', 'configmaps', 'both', { data: { a: '1' } });
    await apply('two', 'configmaps', 'both', { data: { a: '1' } });
    const { body } = await apply('one', 'configmaps', 'both', { data: {} });
    expect(body['data']).toEqual({ a: '1' });
    const last = await apply('two', 'configmaps', 'both', { data: {} });
    expect(last.body['data']).toBeUndefined();
  });

  test('a client that updates becomes the owner of what it changed', async () => {
    await apply('one', 'configmaps', 'updated', { data: { a: '1', b: '1' } });
    const path = 'configmaps/updated?fieldManager=editor';
    const { body } = await ns.patch('merge', path, { data: { a: '2' } });
    expect(fieldsBy(body)).toEqual({
      one: { 'f:data': { 'f:b': {} } },
      editor: { 'f:data': { 'f:a': {} } },
    });
  });

  test('merges containers, variables and ports by their keys', async () => {
    const name = 'web';
    const pod = {
      containers: [{ name, image: 'registry.example/web:1', ports: [{ containerPort: 80 }] }],
    };
    await apply('one', 'deployments', name, deployment(pod));
    const sidecar = { name: 'proxy', image: 'registry.example/proxy:1' };
    const more = { containers: [{ name, env: [{ name: 'A', value: '1' }] }, sidecar] };
    const spec = { template: { spec: more } };
    const { body } = await apply('two', 'deployments', name, { spec });
    expect(podOf(body).containers).toMatchObject([
      {
        name,
        image: 'registry.example/web:1',
        env: [{ name: 'A', value: '1' }],
        ports: [{ containerPort: 80 }],
      },
      sidecar,
    ]);
    expect(fieldsBy(body)['two']).toEqual({
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"proxy"}': { '.': {}, 'f:image': {}, 'f:name': {} },
              'k:{"name":"web"}': {
                '.': {},
                'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                'f:name': {},
              },
            },
          },
        },
      },
    });
    const fewer = { template: { spec: { containers: [{ name }] } } };
    const after = await apply('two', 'deployments', name, { spec: fewer });
    expect(podOf(after.body).containers.map((one) => one['name'])).toEqual([name]);
    expect(podOf(after.body).containers[0]).not.toHaveProperty('env');
  });

  describe('custom resources', () => {
    test('lists by key are merged, sets are joined, others are replaced', async () => {
      const name = 'listed';
      await apply(
        'one',
        'widgets',
        name,
        widget({ parts: [{ name: 'a', count: 2 }], tags: ['x'] }),
      );
      const spec = { parts: [{ name: 'b' }], tags: ['y'] };
      const { body } = await apply('two', 'widgets', name, { spec });
      expect(body.spec).toMatchObject({
        parts: [
          { name: 'a', count: 2 },
          { name: 'b', count: 1 },
        ],
        tags: ['x', 'y'],
      });
      expect(fieldsBy(body)['two']).toEqual({
        'f:spec': {
          'f:parts': { 'k:{"name":"b"}': { '.': {}, 'f:name': {} } },
          'f:tags': { 'v:"y"': {} },
        },
      });
    });

    test('defaults belong to nobody who did not write them', async () => {
      const { body } = await apply('one', 'widgets', 'bare', widget());
      expect(body.spec).toMatchObject({ mode: 'Fast', replicas: 1 });
      expect(fieldsBy(body)).toEqual({ one: { 'f:spec': { 'f:size': {} } } });
    });

    test('are validated', async () => {
      const answer = await apply('one', 'widgets', 'large', widget({ size: 11 }));
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    test('their scale is owned by who scales', async () => {
      await apply('one', 'widgets', 'scaled', widget({ replicas: 2 }));
      const path = 'widgets/scaled/scale?fieldManager=scaler';
      await ns.patch('merge', path, { spec: { replicas: 5 } });
      const body = await ns.read('widgets/scaled');
      const entry = body.metadata.managedFields?.find(({ manager }) => manager === 'scaler');
      expect(entry).toMatchObject({
        operation: 'Update',
        subresource: 'scale',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      });
      const answer = await apply('one', 'widgets', 'scaled', widget({ replicas: 2 }));
      expect(answer.status).toBe(409);
    });
  });

  describe('status', () => {
    test('is applied at its own path, with an entry of its own', async () => {
      await apply('one', 'widgets', 'told', widget());
      const status = { phase: 'Ready', conditions: [{ type: 'Ready', status: 'True' }] };
      const { body } = await apply('one', 'widgets', 'told/status', {
        metadata: { name: 'told' },
        status,
      });
      expect(body).toMatchObject({ status, spec: { size: 3 } });
      const entries = ownershipOf(body).map(({ subresource, fieldsV1 }) => [subresource, fieldsV1]);
      expect(entries).toEqual([
        [undefined, { 'f:spec': { 'f:size': {} } }],
        [
          'status',
          {
            'f:status': {
              'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
              'f:phase': {},
            },
          },
        ],
      ]);
    });

    test('is not applied elsewhere, nor is the spec here', async () => {
      await apply('one', 'widgets', 'apart', widget({}, { status: { phase: 'Ready' } }));
      expect((await ns.read('widgets/apart')).status).toBeUndefined();
      const config = { ...widget({ size: 9 }), metadata: { name: 'apart' } };
      const { body } = await apply('one', 'widgets', 'apart/status', config);
      expect(body.spec).toMatchObject({ size: 3 });
    });

    test('of what does not exist', async () => {
      const config = { metadata: { name: 'none' }, status: { phase: 'Ready' } };
      const answer = await apply('one', 'widgets', 'none/status', config);
      expect(answer).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
    });
  });

  describe('refuses', () => {
    const required = 'Required value: is required for apply patch';
    const named = 'failed to create typed patch object (/x; /v1, Kind=ConfigMap)';
    test.each([
      {
        what: 'no manager',
        query: '',
        code: 422,
        says: `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${required}`,
      },
      {
        what: 'another name',
        config: { metadata: { name: 'y' } },
        code: 400,
        says: 'the name of the object (y) does not match the name on the URL (x)',
      },
      {
        what: 'another kind',
        config: { kind: 'Secret' },
        code: 400,
        says: 'invalid object type: /v1, Kind=Secret',
      },
      {
        what: 'another version',
        config: { apiVersion: 'v2' },
        code: 400,
        says: 'invalid object type: /v2, Kind=ConfigMap',
      },
      {
        what: 'ownership of its own',
        config: { metadata: { name: 'x', managedFields: [] } },
        code: 400,
        says: 'metadata.managedFields must be nil',
      },
      {
        what: 'an unknown field',
        config: { nope: 1 },
        code: 500,
        says: `${named}: .nope: field not declared in schema`,
      },
      {
        what: 'a wrong type',
        config: { data: [] },
        code: 500,
        says: `${named}: .data: expected map, got &{[]}`,
      },
    ])('$what', async ({ query = 'fieldManager=one', config, code, says }) => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, ...config };
      const answer = await ns.patch('apply', `configmaps/x?${query}&dryRun=All`, body);
      expect(answer).toMatchObject({ status: code, body: { code, message: says } });
    });

    test.each(['[]', '""', 'a: ['])('what is no object: %s', async (yaml) => {
      const answer = await ns.patch('apply', 'configmaps/x?fieldManager=one', yaml);
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    test('two items of one key', async () => {
      const parts = [{ name: 'a' }, { name: 'a' }];
      const answer = await apply('one', 'widgets', 'twice', widget({ parts }));
      expect(answer.status).toBeGreaterThanOrEqual(400);
    });
  });

  test('takes YAML', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n';
    const answer = await ns.patch('apply', 'configmaps/yaml?fieldManager=one', yaml);
    expect(answer).toMatchObject({ status: 201, body: { data: { a: '1' } } });
  });

  test('an update may forget all ownership', async () => {
    await apply('one', 'configmaps', 'forgotten', { data: { a: '1' } });
    const patch = { metadata: { managedFields: [{}] } };
    const { body } = await ns.patch('merge', 'configmaps/forgotten', patch);
    expect(body.metadata.managedFields).toBeUndefined();
    const answer = await apply('two', 'configmaps', 'forgotten', { data: { a: '2' } });
    const message =
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a';
    expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict', message } });
  });
}

const TYPES: Record<string, object> = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  deployments: { apiVersion: 'apps/v1', kind: 'Deployment' },
  widgets: { apiVersion: 'conformance.linnet.dev/v1', kind: 'Widget' },
};

/** Who owns what, without when; a controller of the cluster is not of interest. */
function ownershipOf({ metadata }: ApiObject): Omit<ManagedFields, 'time'>[] {
  return (metadata.managedFields ?? [])
    .filter(({ manager }) => manager !== 'kube-controller-manager')
    .map(({ time: _time, ...entry }: ManagedFields & { time?: string }) => entry);
}

function fieldsBy(object: ApiObject): Record<string, object> {
  return Object.fromEntries(
    ownershipOf(object).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
  );
}

function podOf(object: ApiObject): { containers: Config[] } {
  return (object.spec?.['template'] as { spec: { containers: Config[] } }).spec;
}

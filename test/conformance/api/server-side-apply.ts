import { describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer } from './api-server.ts';
import { applying, fieldsBy, ownershipOf } from './applying.ts';
import { deployment, widget } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

type Config = Record<string, unknown>;

interface Conflicts {
  message: string;
  details: { causes: { field: string }[] };
}

export function describeServerSideApply(server: () => ApiServer): void {
  const ns = testNamespace(server, 'apply');
  const apply = applying(ns);
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
    // One manager after the other, in no particular order.
    const parts = [
      'conflicts with "one":\n- .data.a\n- .data.b',
      'conflicts with "two":\n- .data.c',
    ];
    const messages = [parts, parts.toReversed()].map(
      (ordered) => `Apply failed with 3 conflicts: ${ordered.join('\n')}`,
    );
    const { message, details } = answer.body as unknown as Conflicts;
    expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect(messages).toContain(message);
    expect(details.causes.toSorted((a, b) => a.field.localeCompare(b.field))).toEqual(
      [
        ['one', '.data.a'],
        ['one', '.data.b'],
        ['two', '.data.c'],
      ].map(([manager, field]) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${manager}"`,
        field,
      })),
    );
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

function podOf(object: ApiObject): { containers: Config[] } {
  const template = object.spec?.['template'] as { spec: { containers: Config[] } };
  return template.spec;
}

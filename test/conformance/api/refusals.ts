import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { canary, configMap, deployment, service } from './manifests.ts';
import { refusal, said } from './refusal.ts';
import { testNamespace } from './test-namespace.ts';

const NO_RESOURCE = refusal(
  404,
  'NotFound',
  'the server could not find the requested resource',
  {},
);
const NOT_ALLOWED = refusal(
  405,
  'MethodNotAllowed',
  'the server does not allow this method on the requested resource',
  {},
);

export function describeRefusals(server: () => ApiServer): void {
  const ns = testNamespace(server, 'refusals');
  const kinds = [
    { resource: 'configmaps', subject: 'configmaps', manifest: configMap() },
    { resource: 'deployments', group: 'apps', subject: 'deployments.apps', manifest: deployment() },
    {
      resource: 'canaries',
      group: 'linnet.dev',
      subject: 'canaries.linnet.dev',
      manifest: canary(),
    },
  ];

  describe.each(kinds)('$resource', ({ resource, group, subject, manifest }) => {
    const details = (name: string) => ({
      name,
      ...(group === undefined ? {} : { group }),
      kind: resource,
    });
    const missing = refusal(404, 'NotFound', `${subject} "none" not found`, details('none'));

    test.each([
      { method: 'GET' },
      { method: 'DELETE' },
      { method: 'PATCH', body: {}, type: 'application/merge-patch+json' },
    ])('$method of what is not there', async ({ method, ...carried }) => {
      const path = ns.path(`${resource}/none`);
      expect(said(await server().send(method, path, carried))).toEqual(missing);
    });

    test('PUT of what is not there', async () => {
      const made = await ns.create(resource, manifest);
      const { apiVersion, kind } = made;
      const body = { ...manifest, apiVersion, kind, metadata: { name: 'none' } };
      expect(said(await ns.put(`${resource}/none`, body))).toEqual(missing);
    });

    test('POST of what is there', async () => {
      const { metadata } = await ns.create(resource, manifest);
      const { name } = metadata;
      const answer = await ns.post(resource, { ...manifest, metadata: { name } });
      const message = `${subject} "${name}" already exists`;
      expect(said(answer)).toEqual(refusal(409, 'AlreadyExists', message, details(name)));
    });

    test('POST into a namespace that is not there', async () => {
      const path = ns.path(resource).replace(ns.name, 'nowhere');
      const body = { ...manifest, metadata: { name: 'x' } };
      const answer = await server().send('POST', path, { body });
      const about = { name: 'nowhere', kind: 'namespaces' };
      expect(said(answer)).toEqual(
        refusal(404, 'NotFound', 'namespaces "nowhere" not found', about),
      );
    });

    test('a list of a namespace that is not there is empty', async () => {
      const path = ns.path(resource).replace(ns.name, 'nowhere');
      expect(await server().send('GET', path)).toMatchObject({ status: 200, body: { items: [] } });
    });

    test('a body for another name or namespace', async () => {
      const { metadata } = await ns.create(resource, manifest);
      const { name } = metadata;
      const read = await ns.read(`${resource}/${name}`);
      const renamed = { ...read, metadata: { ...read.metadata, name: 'other' } };
      const ofName = `the name of the object (other) does not match the name on the URL (${name})`;
      expect(said(await ns.put(`${resource}/${name}`, renamed))).toEqual(
        refusal(400, 'BadRequest', ofName),
      );
      const elsewhere = { ...manifest, metadata: { name: 'x', namespace: 'other' } };
      const ofNamespace =
        'the namespace of the provided object does not match the namespace sent on the request';
      expect(said(await ns.post(resource, elsewhere))).toEqual(
        refusal(400, 'BadRequest', ofNamespace),
      );
    });

    test.each(['', '{', '[]', '"x"'])('a body that is no object: %s', async (body) => {
      const answer = await server().send('POST', ns.path(resource), { body });
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    test('a media type that is none', async () => {
      const body = JSON.stringify({ ...manifest, metadata: { name: 'x' } });
      const answer = await server().send('POST', ns.path(resource), { body, type: 'text/plain' });
      const message =
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';
      expect(said(answer)).toEqual(refusal(415, 'UnsupportedMediaType', message));
    });

    test('a resourceVersion on something new', async () => {
      const metadata = { name: 'x', resourceVersion: '1' };
      const answer = await ns.post(resource, { ...manifest, metadata });
      const message = 'resourceVersion should not be set on objects to be created';
      expect(answer).toMatchObject({ status: 500, body: { message } });
    });
  });

  test.each([
    ['/api/v1/nonsense', NO_RESOURCE],
    ['/apis/apps/v1/nonsense', NO_RESOURCE],
    ['/apis/apps/v9/deployments', NO_RESOURCE],
    ['/apis/nonsense.example/v1/things', { status: 404, body: '404 page not found\n' }],
    ['/apis/linnet.dev/v1beta1/nonsense', { status: 404, body: '404 page not found\n' }],
  ])('no such path: %s', async (path, answer) => {
    const got = await server().send('GET', path);
    expect(said(got)).toEqual(answer);
  });

  test.each([
    { method: 'POST', path: 'configmaps/x', answer: NOT_ALLOWED },
    { method: 'PUT', path: 'configmaps', answer: NOT_ALLOWED },
    { method: 'PATCH', path: 'configmaps', answer: NOT_ALLOWED },
  ])('no such method: $method $path', async ({ method, path, answer }) => {
    const carried = { body: { ...canary(), metadata: { name: 'x' } } };
    const got = await server().send(method, ns.path(path), carried);
    expect(said(got)).toEqual(answer);
  });

  test('who is not known', async () => {
    const { status, body } = await server().send('GET', '/api/v1/namespaces', {
      headers: { authorization: 'Bearer nobody' },
    });
    expect({ status, body }).toEqual(refusal(401, 'Unauthorized', 'Unauthorized'));
  });

  describe('names', () => {
    const label =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    const subdomain =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    const dns1035 =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    test.each([
      { resource: 'configmaps', manifest: configMap(), name: 'Upper', message: subdomain },
      { resource: 'configmaps', manifest: configMap(), name: 'under_score', message: subdomain },
      { resource: 'configmaps', manifest: configMap(), name: '-x', message: subdomain },
      { resource: 'configmaps', manifest: configMap(), name: 'ünïcode', message: subdomain },
      { resource: 'canaries', manifest: canary(), name: 'Upper', message: subdomain },
      { resource: 'services', manifest: service(), name: '1st', message: dns1035 },
      { resource: 'services', manifest: service(), name: 'a.b', message: dns1035 },
      {
        resource: 'configmaps',
        manifest: configMap(),
        name: 'x'.repeat(254),
        message: 'must be no more than 253 characters',
      },
    ])('$resource named $name', async ({ resource, manifest, name, message }) => {
      const answer = await ns.post(resource, { ...manifest, metadata: { name } });
      const cause = {
        reason: 'FieldValueInvalid',
        message: `Invalid value: "${name}": ${message}`,
        field: 'metadata.name',
      };
      expect(answer).toMatchObject({ status: 422, body: { details: { causes: [cause] } } });
    });

    test.each([
      { name: 'A', detail: label },
      { name: 'a.b', detail: 'must not contain dots' },
    ])('namespaces are labels: $name', async ({ name, detail }) => {
      const body = { metadata: { name } };
      const answer = await server().send('POST', '/api/v1/namespaces', { body });
      const message = `Invalid value: "${name}": ${detail}`;
      const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.name' };
      expect(answer).toMatchObject({ status: 422, body: { details: { causes: [cause] } } });
    });

    test('there must be one', async () => {
      const message = 'Required value: name or generateName is required';
      const cause = { reason: 'FieldValueRequired', message, field: 'metadata.name' };
      const answer = await ns.post('configmaps', configMap());
      expect(answer).toMatchObject({ status: 422, body: { details: { causes: [cause] } } });
    });

    test.each(['x', 'x'.repeat(100)])('one is generated from generateName', async (prefix) => {
      const metadata = { generateName: prefix };
      const { status, body } = await ns.post('configmaps', { ...configMap(), metadata });
      expect(status).toBe(201);
      expect(body.metadata.name).toMatch(/^x{1,58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
      expect(body.metadata).toMatchObject({ generateName: prefix });
    });

    test.each([
      { generateName: 'x'.repeat(300), detail: 'must be no more than 253 characters' },
      { generateName: 'Upper-', detail: subdomain },
    ])('a prefix of one has rules as well: $generateName', async ({ generateName, detail }) => {
      const answer = await ns.post<Refused>('configmaps', { metadata: { generateName } });
      expect(answer.status).toBe(422);
      expect(answer.body.details.causes).toContainEqual({
        reason: 'FieldValueInvalid',
        message: `Invalid value: "${generateName}": ${detail}`,
        field: 'metadata.generateName',
      });
    });

    test.each([
      { metadata: { labels: { 'a b': 'x' } }, field: 'metadata.labels' },
      { metadata: { labels: { a: 'x y' } }, field: 'metadata.labels' },
      { metadata: { labels: { a: 'x'.repeat(64) } }, field: 'metadata.labels' },
      { metadata: { annotations: { 'a b': 'x' } }, field: 'metadata.annotations' },
    ])('of $field', async ({ metadata, field }) => {
      for (const [resource, manifest] of [
        ['configmaps', configMap()],
        ['canaries', canary()],
      ] as const) {
        const answer = await ns.post<Refused>(resource, {
          ...manifest,
          metadata: { name: 'x', ...metadata },
        });
        expect(answer.status).toBe(422);
        expect(answer.body.details.causes.map((cause) => cause.field)).toEqual([field]);
      }
    });
  });

  describe('what is too large', () => {
    test('for the server', async () => {
      const body = { metadata: { name: 'x' }, data: { a: 'x'.repeat(3 * 1024 * 1024 + 1) } };
      const answer = await ns.post('configmaps', body);
      expect(answer).toMatchObject({
        status: 413,
        body: {
          reason: 'RequestEntityTooLarge',
          message: expect.stringContaining('limit is 3145728') as unknown,
        },
      });
    });

    test.each([
      { resource: 'configmaps', more: { data: { a: X_MEGABYTE } }, field: '[]', most: 1_048_576 },
      {
        resource: 'secrets',
        more: { stringData: { a: X_MEGABYTE } },
        field: 'data',
        most: 1_048_576,
      },
      {
        resource: 'secrets',
        more: { metadata: { name: 'large', annotations: { a: X_MEGABYTE.slice(0, 262_144) } } },
        field: 'metadata.annotations',
        most: 262_144,
      },
    ])('for $field of one of the $resource', async ({ resource, more, field, most }) => {
      const answer = await ns.post(resource, { metadata: { name: 'large' }, ...more });
      const message = `Too long: may not be more than ${most} bytes`;
      const cause = { reason: 'FieldValueTooLong', message, field };
      expect(answer).toMatchObject({ status: 422, body: { details: { causes: [cause] } } });
    });
  });
}

const X_MEGABYTE = 'x'.repeat(1024 * 1024 + 1);

interface Refused {
  details: { causes: { field: string }[] };
}

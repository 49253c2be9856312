import { describe, expect, test } from 'vitest';

import { Cluster } from '../cluster.ts';
import { byVersionPriority } from '../objects/resource-registry.ts';
import { aggregatedDiscovery, groupDocument, resourceList } from './discovery.ts';
import { aggregatedDiscoveryVersion, negotiate } from './negotiation.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';
import { parseTarget } from './request-target.ts';

const { registry } = new Cluster();

describe('discovery', () => {
  test('names resources with their subresources', () => {
    const { resources } = resourceList(registry, 'apps', 'v1') as { resources: object[] };
    expect(resources).toContainEqual({
      name: 'deployments',
      singularName: 'deployment',
      namespaced: true,
      kind: 'Deployment',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['deploy'],
      categories: ['all'],
    });
    expect(resources).toContainEqual(
      expect.objectContaining({ name: 'deployments/scale', group: 'autoscaling', kind: 'Scale' }),
    );
  });

  test('prefers the best version of a group', () => {
    expect(groupDocument(registry, 'autoscaling')).toMatchObject({
      preferredVersion: { groupVersion: 'autoscaling/v2' },
      versions: [{ version: 'v2' }, { version: 'v1' }],
    });
    const versions = ['v1alpha1', 'foo', 'v2beta1', 'v1', 'v10', 'v2', 'v1beta2', 'v1beta10'];
    expect(versions.sort(byVersionPriority)).toEqual([
      'v10',
      'v2',
      'v1',
      'v2beta1',
      'v1beta10',
      'v1beta2',
      'v1alpha1',
      'foo',
    ]);
  });

  test('says all of it at once to who asks so', () => {
    const { items } = aggregatedDiscovery(registry, true, 'v2') as {
      items: { versions: { resources: { resource: string; subresources?: object[] }[] }[] }[];
    };
    const pods = items[0]?.versions[0]?.resources.find((one) => one.resource === 'pods');
    expect(pods?.subresources).toContainEqual(expect.objectContaining({ subresource: 'status' }));
  });
});

describe('OpenAPI', () => {
  const document = openApiDocument(registry, 'apps', 'v1') as {
    paths: Record<string, { patch?: { parameters: { name: string }[] } }>;
    components: { schemas: Record<string, { properties?: Record<string, object> }> };
  };

  test('tells kubectl that the server checks fields', () => {
    const path = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';
    const parameters = document.paths[path]?.patch?.parameters.map(({ name }) => name);
    expect(parameters).toContain('fieldValidation');
  });

  test('tells it how lists merge', () => {
    const { properties } = document.components.schemas['io.k8s.api.v1.PodSpec'] ?? {};
    expect(properties?.['containers']).toMatchObject({
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
  });

  test('refers only to what it has', () => {
    const references = JSON.stringify(document).match(/#\/components\/schemas\/[\w.]+/g) ?? [];
    const missing = references
      .map((reference) => reference.split('/').at(-1) as string)
      .filter((name) => document.components.schemas[name] === undefined);
    expect(missing).toEqual([]);
  });

  test('has an index whose addresses change with the content', () => {
    const { paths } = openApiIndex(registry) as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    expect(paths['apis/apps/v1']?.serverRelativeURL).toMatch(
      /^\/openapi\/v3\/apis\/apps\/v1\?hash=/,
    );
  });
});

describe('a path', () => {
  test.each([
    ['/api/v1/pods', { group: '', resource: 'pods', namespace: undefined, name: undefined }],
    ['/api/v1/namespaces', { resource: 'namespaces', name: undefined }],
    ['/api/v1/namespaces/shop', { resource: 'namespaces', name: 'shop', namespace: undefined }],
    [
      '/api/v1/namespaces/shop/status',
      { resource: 'namespaces', name: 'shop', subresource: 'status' },
    ],
    ['/api/v1/namespaces/shop/pods/web', { resource: 'pods', namespace: 'shop', name: 'web' }],
    [
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
      { group: 'apps', version: 'v1', name: 'web', subresource: 'scale' },
    ],
    [
      '/apis/linnet.dev/v1beta1/canaries',
      { group: 'linnet.dev', version: 'v1beta1', resource: 'canaries' },
    ],
  ])('%s', (path, target) => {
    expect(parseTarget(path)).toMatchObject({ type: 'resource', target });
  });

  test.each(['/healthz', '/api', '/api/v1', '/apis/apps', '/apis/apps/v1', '/openapi/v3/api/v1'])(
    '%s is a document of the server',
    (path) => {
      expect(parseTarget(path)).toEqual({ type: 'document', path });
    },
  );
});

describe('an Accept header', () => {
  test.each([
    [undefined, 'object'],
    ['*/*', 'object'],
    ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'table'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'object'],
    ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'metadata'],
    ['application/vnd.kubernetes.protobuf, application/json', 'object'],
  ])('%s is answered with the form %s', (accept, form) => {
    expect(negotiate(accept).form).toBe(form);
  });

  test('for nothing that there is is refused', () => {
    expect(() => negotiate('text/html')).toThrow(expect.objectContaining({ code: 406 }));
  });

  test('may ask for aggregated discovery', () => {
    const accept =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    expect(aggregatedDiscoveryVersion(accept)).toBe('v2');
    expect(aggregatedDiscoveryVersion('application/json')).toBeUndefined();
  });
});

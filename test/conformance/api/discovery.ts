import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';

interface Resource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  group?: string;
  version?: string;
}

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SUBRESOURCE = ['get', 'patch', 'update'];

/** The documents that kubectl reads before it does anything. */
export function describeDiscovery(server: () => ApiServer): void {
  const read = async <T>(path: string, accept?: string): Promise<T> => {
    const answer = await server().send<T>('GET', path, accept === undefined ? {} : { accept });
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };

  test('/version', async () => {
    const version = await read<Record<string, string>>('/version');
    expect(version).toMatchObject({
      major: '1',
      gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) as unknown,
    });
    expect(version['minor']).toMatch(/^\d+$/);
  });

  test.each(['/readyz', '/livez', '/healthz'])('%s', async (path) => {
    expect(await server().send('GET', path)).toMatchObject({ status: 200, body: 'ok' });
  });

  test('/api', async () => {
    expect(await read('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });

  test('/apis', async () => {
    const list = await read<{ kind: string; apiVersion: string; groups: Group[] }>('/apis');
    expect(list).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1' });
    const named = new Map(list.groups.map((group) => [group.name, group]));
    for (const name of GROUPS) expect([...named.keys()]).toContain(name);
    const version = { groupVersion: 'linnet.dev/v1beta1', version: 'v1beta1' };
    const own = { name: 'linnet.dev', versions: [version], preferredVersion: version };
    expect(named.get('linnet.dev')).toEqual(own);
    expect(named.get('autoscaling')?.preferredVersion.version).toBe('v2');
  });

  test('/apis/linnet.dev', async () => {
    expect(await read('/apis/linnet.dev')).toMatchObject({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'linnet.dev',
      preferredVersion: { version: 'v1beta1' },
    });
  });

  const resourcesAt = async (path: string): Promise<Map<string, Resource>> => {
    const list = await read<{ kind: string; resources: Resource[] }>(path);
    expect(list.kind).toBe('APIResourceList');
    return new Map(list.resources.map((resource) => [resource.name, resource]));
  };

  describe('resources', () => {
    test.each([
      {
        at: '/api/v1',
        name: 'pods',
        kind: 'Pod',
        shortNames: ['po'],
        categories: ['all'],
        verbs: ALL,
      },
      { at: '/api/v1', name: 'pods/status', kind: 'Pod', verbs: SUBRESOURCE },
      {
        at: '/api/v1',
        name: 'services',
        kind: 'Service',
        shortNames: ['svc'],
        categories: ['all'],
        verbs: ALL,
      },
      { at: '/api/v1', name: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'], verbs: ALL },
      { at: '/api/v1', name: 'secrets', kind: 'Secret', verbs: ALL },
      { at: '/api/v1', name: 'events', kind: 'Event', shortNames: ['ev'], verbs: ALL },
      {
        at: '/apis/apps/v1',
        name: 'deployments',
        kind: 'Deployment',
        shortNames: ['deploy'],
        categories: ['all'],
        verbs: ALL,
      },
      { at: '/apis/apps/v1', name: 'deployments/status', kind: 'Deployment', verbs: SUBRESOURCE },
      {
        at: '/apis/apps/v1',
        name: 'replicasets',
        kind: 'ReplicaSet',
        shortNames: ['rs'],
        categories: ['all'],
        verbs: ALL,
      },
      { at: '/apis/apps/v1', name: 'controllerrevisions', kind: 'ControllerRevision', verbs: ALL },
      {
        at: '/apis/autoscaling/v2',
        name: 'horizontalpodautoscalers',
        kind: 'HorizontalPodAutoscaler',
        shortNames: ['hpa'],
        categories: ['all'],
        verbs: ALL,
      },
      { at: '/apis/coordination.k8s.io/v1', name: 'leases', kind: 'Lease', verbs: ALL },
      {
        at: '/apis/linnet.dev/v1beta1',
        name: 'canaries',
        kind: 'Canary',
        categories: ['all'],
        verbs: ALL,
      },
      {
        at: '/apis/linnet.dev/v1beta1',
        name: 'canaries/status',
        kind: 'Canary',
        verbs: SUBRESOURCE,
      },
      {
        at: '/apis/linnet.dev/v1beta1',
        name: 'metrictemplates',
        kind: 'MetricTemplate',
        categories: ['all'],
        verbs: ALL,
      },
      {
        at: '/apis/conformance.linnet.dev/v1',
        name: 'widgets',
        kind: 'Widget',
        shortNames: ['wd'],
        categories: ['gadgets'],
        verbs: ALL,
      },
    ])('$at $name', async ({ at, name, kind, shortNames, categories, verbs }) => {
      const resource = (await resourcesAt(at)).get(name);
      expect(resource).toMatchObject({ kind, namespaced: true });
      expect(resource?.verbs.toSorted()).toEqual(verbs);
      expect({ shortNames: resource?.shortNames, categories: resource?.categories }).toEqual({
        shortNames,
        categories,
      });
    });

    test.each([
      ['/apis/apps/v1', 'deployments/scale'],
      ['/apis/conformance.linnet.dev/v1', 'widgets/scale'],
    ])('%s %s is of another group', async (at, name) => {
      const resource = (await resourcesAt(at)).get(name);
      expect(resource).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
    });

    test('namespaces are of no namespace', async () => {
      const resources = await resourcesAt('/api/v1');
      expect(resources.get('namespaces')).toMatchObject({ namespaced: false, shortNames: ['ns'] });
    });

    test('singular names', async () => {
      const [core, own] = [
        await resourcesAt('/api/v1'),
        await resourcesAt('/apis/linnet.dev/v1beta1'),
      ];
      expect(core.get('services')?.singularName).toBe('service');
      expect(own.get('canaries')?.singularName).toBe('canary');
    });
  });

  describe('aggregated', () => {
    const accept =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    test.each([
      ['/api', '', 'v1', 'pods'],
      ['/apis', 'apps', 'v1', 'deployments'],
      ['/apis', 'linnet.dev', 'v1beta1', 'canaries'],
    ])('%s: %s/%s %s', async (path, group, version, resource) => {
      const list = await read<Aggregated>(path, accept);
      expect(list).toMatchObject({
        kind: 'APIGroupDiscoveryList',
        apiVersion: 'apidiscovery.k8s.io/v2',
      });
      const found = list.items.find(({ metadata }) => (metadata.name ?? '') === group);
      const listed = found?.versions.find((one) => one.version === version);
      const entry = listed?.resources.find((one) => one.resource === resource);
      expect(entry).toMatchObject({ scope: 'Namespaced' });
      expect(entry?.verbs.toSorted()).toEqual(ALL);
      const subresources = entry?.subresources.map((one) => one.subresource) ?? [];
      expect(subresources).toContain('status');
    });
  });

  describe('OpenAPI', () => {
    test('lists a document for each version of a group', async () => {
      const { paths } = await read<{ paths: Record<string, { serverRelativeURL: string }> }>(
        '/openapi/v3',
      );
      for (const name of ['api/v1', 'apis/apps/v1', 'apis/linnet.dev/v1beta1']) {
        expect(paths[name]?.serverRelativeURL).toMatch(/^\/openapi\/v3\//);
      }
    });

    test.each([
      ['api/v1', { group: '', version: 'v1', kind: 'Service' }],
      ['apis/apps/v1', { group: 'apps', version: 'v1', kind: 'Deployment' }],
      ['apis/linnet.dev/v1beta1', { group: 'linnet.dev', version: 'v1beta1', kind: 'Canary' }],
    ])('%s describes %j', async (name, kind) => {
      const { paths } = await read<{ paths: Record<string, { serverRelativeURL: string }> }>(
        '/openapi/v3',
      );
      const document = await read<OpenApi>(paths[name]?.serverRelativeURL ?? '');
      const schemas = Object.values(document.components.schemas);
      const described = schemas.find((schema) =>
        schema['x-kubernetes-group-version-kind']?.some(
          (one) =>
            one.group === kind.group && one.version === kind.version && one.kind === kind.kind,
        ),
      );
      expect(described?.properties).toHaveProperty('spec');
    });
  });
}

const GROUPS = [
  'apps',
  'autoscaling',
  'coordination.k8s.io',
  'apiextensions.k8s.io',
  'rbac.authorization.k8s.io',
  'linnet.dev',
];

interface Group {
  name: string;
  versions: { groupVersion: string; version: string }[];
  preferredVersion: { groupVersion: string; version: string };
}

interface Aggregated {
  items: {
    metadata: { name?: string };
    versions: {
      version: string;
      resources: {
        resource: string;
        scope: string;
        verbs: string[];
        subresources: { subresource: string }[];
      }[];
    }[];
  }[];
}

interface OpenApi {
  components: {
    schemas: Record<
      string,
      {
        properties?: object;
        'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
      }
    >;
  };
}

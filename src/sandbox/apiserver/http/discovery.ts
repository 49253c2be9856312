import { REVIEWS } from './reviews.ts';
import type { ResourceDefinition, Subresources } from '../objects/resource-definition.ts';
import { byVersionPriority, type ResourceRegistry } from '../objects/resource-registry.ts';

/** What discovery says about one resource or subresource. */
interface DiscoveredResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: readonly string[];
  shortNames?: string[];
  categories?: string[];
}

export function coreVersions(): unknown {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
  };
}

export function groupList(registry: ResourceRegistry): unknown {
  const groups = groupsOf(registry).filter(([group]) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(describeGroup) };
}

export function groupDocument(registry: ResourceRegistry, name: string): unknown {
  const group = groupsOf(registry).find(([group]) => group === name);
  return group && { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) };
}

export function resourceList(registry: ResourceRegistry, group: string, version: string): unknown {
  const resources = resourcesOf(registry, group, version);
  if (resources.length === 0) return undefined;
  const groupVersion = group === '' ? version : `${group}/${version}`;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

/** The whole of discovery in one document; `core` for that of /api, else that of /apis. */
export function aggregatedDiscovery(
  registry: ResourceRegistry,
  core: boolean,
  version: string,
): unknown {
  const items = groupsOf(registry)
    .filter(([group]) => (group === '') === core)
    .map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((one) => ({
        version: one,
        resources: aggregatedResources(registry, group, one),
        freshness: 'Current',
      })),
    }));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  };
}

function groupsOf(registry: ResourceRegistry): [string, string[]][] {
  const groups = registry.groups();
  for (const { group, version } of REVIEWS) {
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version))
      groups.set(group, [...versions, version].sort(byVersionPriority));
  }
  return [...groups];
}

function describeGroup([name, versions]: [string, string[]]): Record<string, unknown> {
  const described = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: described, preferredVersion: described[0] };
}

function resourcesOf(
  registry: ResourceRegistry,
  group: string,
  version: string,
): DiscoveredResource[] {
  const reviews = REVIEWS.filter((one) => one.group === group && one.version === version);
  return [
    ...registry
      .inVersion(group, version)
      .flatMap(describeResource)
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
    ...reviews.map(({ resource, kind, namespaced }) => ({
      name: resource,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['create'],
    })),
  ];
}

function describeResource(definition: ResourceDefinition): DiscoveredResource[] {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories } = definition;
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
    },
    ...describeSubresources(definition, definition.subresources),
  ];
}

function describeSubresources(
  { resource, namespaced, kind }: ResourceDefinition,
  { status, scale, eviction, finalize }: Subresources,
): DiscoveredResource[] {
  const readWrite = ['get', 'patch', 'update'];
  const below = (name: string, rest: Partial<DiscoveredResource>): DiscoveredResource => ({
    name: `${resource}/${name}`,
    singularName: '',
    namespaced,
    kind,
    verbs: readWrite,
    ...rest,
  });
  return [
    ...(status ? [below('status', {})] : []),
    ...(scale ? [below('scale', { kind: 'Scale', group: 'autoscaling', version: 'v1' })] : []),
    ...(eviction
      ? [
          below('eviction', {
            kind: 'Eviction',
            group: 'policy',
            version: 'v1',
            verbs: ['create'],
          }),
          below('binding', { kind: 'Binding', verbs: ['create'] }),
        ]
      : []),
    ...(finalize ? [below('finalize', { verbs: ['update'] })] : []),
  ];
}

function aggregatedResources(
  registry: ResourceRegistry,
  group: string,
  version: string,
): unknown[] {
  const all = resourcesOf(registry, group, version);
  const kindOf = (one: DiscoveredResource): unknown => ({
    group: one.group ?? group,
    version: one.version ?? version,
    kind: one.kind,
  });
  return all
    .filter((one) => !one.name.includes('/'))
    .map((one) => {
      const below = all.filter((other) => other.name.startsWith(`${one.name}/`));
      return {
        resource: one.name,
        responseKind: kindOf(one),
        scope: one.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: one.singularName,
        verbs: one.verbs,
        ...(one.shortNames ? { shortNames: one.shortNames } : {}),
        ...(one.categories ? { categories: one.categories } : {}),
        ...(below.length > 0
          ? {
              subresources: below.map((other) => ({
                subresource: other.name.slice(one.name.length + 1),
                responseKind: kindOf(other),
                verbs: other.verbs,
              })),
            }
          : {}),
      };
    });
}

import { expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import type { KubeObject, ResourceKind } from '../../ports/cluster.ts';
import { versionWorkloads } from './version-workloads.ts';

const object = (name: string, more: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1' },
  ...more,
});
const deployment = (name: string, version: string) =>
  object(name, { spec: { template: { metadata: { labels: { app: 'reviews', version } } } } });
const rule = (host: string, labels: Record<string, object>) =>
  object(`rule-${host}`, {
    spec: { host, subsets: Object.entries(labels).map(([name, of]) => ({ name, labels: of })) },
  });
const pod = (name: string, labels: Record<string, string>, owner?: string) => {
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'Any', name: owner ?? '', uid: 'o', controller: true },
  ];
  const made = object(name, {});
  return { ...made, metadata: { ...made.metadata, labels, ...(owner && { ownerReferences }) } };
};

const TARGET = object('reviews', {
  spec: { http: [{ route: [{ destination: { host: 'reviews.shop.svc.cluster.local' } }] }] },
});

interface World {
  readonly rules?: KubeObject[];
  readonly deployments?: KubeObject[];
  readonly pods?: KubeObject[];
  readonly services?: KubeObject[];
}

function found(version: object, world: World, stableVersion: string | undefined = 'v1') {
  const { rules = [], deployments = [], pods = [], services = [] } = world;
  const of: Record<string, KubeObject[]> = {
    VirtualService: [TARGET],
    DestinationRule: rules,
    Deployment: deployments,
    Pod: pods,
    Service: services,
  };
  const objects = ({ kind }: ResourceKind) => of[kind] ?? [];
  const canary = aCanary({
    spec: {
      targetRef: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'reviews' },
      service: undefined,
      version,
    },
    status: {
      phase: 'Progressing',
      planVersion: 1,
      ...(stableVersion && { stableVersion }),
    } as CanaryStatus,
  });
  return versionWorkloads(canary, {
    get: (kind, _, name) =>
      Promise.resolve(objects(kind).find(({ metadata }) => metadata.name === name)),
    list: (kind) => Promise.resolve({ items: objects(kind), resourceVersion: '1' }),
  });
}

const V1_V2 = { v1: { version: 'v1' }, v2: { version: 'v2' } };
const BOTH = [deployment('reviews-v1', 'v1'), deployment('reviews-v2', 'v2')];

it('are those that the labels of the subsets select', async () => {
  const world = { rules: [rule('reviews', V1_V2)], deployments: BOTH };
  expect(await found({ subset: 'v2' }, world)).toEqual({
    canary: ['reviews-v2'],
    primary: ['reviews-v1'],
  });
});

it('are those of the rule for the host that the target leads to, where several have such a subset', async () => {
  const rules = [
    rule('ratings', { v1: { version: 'x' }, v2: { version: 'y' } }),
    rule('reviews', V1_V2),
  ];
  expect(await found({ subset: 'v2' }, { rules, deployments: BOTH })).toMatchObject({
    canary: ['reviews-v2'],
  });
});

it('are told from pods of other kinds, by the name that the mesh has for them', async () => {
  const pods = [
    pod('reviews-old-0', { version: 'v1' }, 'reviews-old'),
    pod('reviews-new-5d4f-x', { version: 'v2', 'pod-template-hash': '5d4f' }, 'reviews-new-5d4f'),
    pod('reviews-new-5d4f-y', { version: 'v2', 'pod-template-hash': '5d4f' }, 'reviews-new-5d4f'),
    pod('lonely', { version: 'v2' }),
  ];
  expect(await found({ subset: 'v2' }, { rules: [rule('reviews', V1_V2)], pods })).toEqual({
    canary: ['lonely', 'reviews-new'],
    primary: ['reviews-old'],
  });
});

it('are told by labels of the Canary where the subset is Linnet’s own to add', async () => {
  const rules = [rule('reviews', { v1: { version: 'v1' } })];
  const version = { subset: 'v2', labels: { app: 'reviews', version: 'v2' } };
  expect(await found(version, { rules, deployments: BOTH })).toMatchObject({
    canary: ['reviews-v2'],
  });
});

it('are those that the Services select where versions are hosts', async () => {
  const service = (name: string, version: string) =>
    object(name, { spec: { selector: { version } } });
  const services = [service('reviews-a', 'v1'), service('reviews-b', 'v2')];
  const world = { services, deployments: BOTH };
  expect(await found({ host: 'reviews-b.shop.svc.cluster.local' }, world, 'reviews-a')).toEqual({
    canary: ['reviews-v2'],
    primary: ['reviews-v1'],
  });
});

it.each<[string, World, string | undefined, string]>([
  [
    'no subset',
    { deployments: BOTH },
    'v1',
    'no DestinationRule with the subset v2 says which pods it has',
  ],
  [
    'no subset of the version before',
    { rules: [rule('reviews', { v2: { version: 'v2' } })], deployments: BOTH },
    'v1',
    'no DestinationRule with the subset v1 says which pods it has',
  ],
  [
    'nothing that runs',
    { rules: [rule('reviews', V1_V2)] },
    'v1',
    'no workload has the labels of v2',
  ],
  ['no version before', {}, '', 'status.stableVersion does not name the version before'],
])('are unknown with %s', async (_, world, stable, why) => {
  expect(await found({ subset: 'v2' }, world, stable)).toEqual({ why });
});

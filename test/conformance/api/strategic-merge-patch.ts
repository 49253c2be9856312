import { describe, expect, test } from 'vitest';
import type { ApiObject, ApiServer } from './api-server.ts';
import { deployment, service } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const CONTAINERS = [
  {
    name: 'web',
    image: 'registry.example/web:1',
    env: [
      { name: 'LEVEL', value: 'info' },
      { name: 'MODE', value: 'fast' },
    ],
    ports: [{ name: 'http', containerPort: 8080 }],
    args: ['--a', '--b'],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
  },
  { name: 'log', image: 'registry.example/log:1' },
];
const VOLUMES = [
  { name: 'data', emptyDir: {} },
  { name: 'config', configMap: { name: 'settings' } },
];
const TOLERATIONS = [{ key: 'spot', operator: 'Exists' }];

interface PodSpec {
  containers: Record<string, unknown>[];
  volumes?: Record<string, unknown>[];
  [field: string]: unknown;
}

interface Row {
  does: string;
  pod: object;
  /** What became of the pod, picked out of it. */
  pick(pod: PodSpec): unknown;
  is: unknown;
}

const namesOf = (list: unknown): unknown[] =>
  ((list ?? []) as { name: string }[]).map(({ name }) => name);

const PODS: Row[] = [
  {
    does: 'changes the container of that name alone',
    pod: { containers: [{ name: 'log', image: 'registry.example/log:2' }] },
    pick: ({ containers }) => containers.map(({ image }) => image),
    is: ['registry.example/web:1', 'registry.example/log:2'],
  },
  {
    does: 'adds a container, first',
    pod: { containers: [{ name: 'new', image: 'registry.example/new:1' }] },
    pick: ({ containers }) => namesOf(containers),
    is: ['new', 'web', 'log'],
  },
  {
    does: 'deletes a container by directive',
    pod: { containers: [{ name: 'log', $patch: 'delete' }] },
    pick: ({ containers }) => namesOf(containers),
    is: ['web'],
  },
  {
    does: 'replaces the list of containers by directive',
    pod: { containers: [{ name: 'one', image: 'registry.example/one:1' }, { $patch: 'replace' }] },
    pick: ({ containers }) => namesOf(containers),
    is: ['one'],
  },
  {
    does: 'reorders by directive',
    pod: { '$setElementOrder/containers': [{ name: 'log' }, { name: 'web' }] },
    pick: ({ containers }) => namesOf(containers),
    is: ['log', 'web'],
  },
  {
    does: 'merges variables by name',
    pod: {
      containers: [
        {
          name: 'web',
          env: [
            { name: 'MODE', value: 'slow' },
            { name: 'NEW', value: '1' },
          ],
        },
      ],
    },
    pick: ({ containers }) => containers[0]?.['env'],
    is: [
      { name: 'LEVEL', value: 'info' },
      { name: 'MODE', value: 'slow' },
      { name: 'NEW', value: '1' },
    ],
  },
  {
    does: 'deletes a variable by directive',
    pod: { containers: [{ name: 'web', env: [{ name: 'MODE', $patch: 'delete' }] }] },
    pick: ({ containers }) => containers[0]?.['env'],
    is: [{ name: 'LEVEL', value: 'info' }],
  },
  {
    does: 'turns a value into a reference, one of two only',
    pod: {
      containers: [
        {
          name: 'web',
          env: [
            { name: 'MODE', value: null, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          ],
        },
      ],
    },
    pick: ({ containers }) => (containers[0]?.['env'] as unknown[])[1],
    is: {
      name: 'MODE',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } },
    },
  },
  {
    does: 'merges ports by number',
    pod: {
      containers: [
        { name: 'web', ports: [{ containerPort: 8080, name: 'web' }, { containerPort: 9090 }] },
      ],
    },
    pick: ({ containers }) => containers[0]?.['ports'],
    is: [
      { name: 'web', containerPort: 8080, protocol: 'TCP' },
      { containerPort: 9090, protocol: 'TCP' },
    ],
  },
  {
    does: 'merges mounts by path',
    pod: { containers: [{ name: 'web', volumeMounts: [{ mountPath: '/data', readOnly: true }] }] },
    pick: ({ containers }) => containers[0]?.['volumeMounts'],
    is: [{ name: 'data', mountPath: '/data', readOnly: true }],
  },
  {
    does: 'replaces arguments whole',
    pod: { containers: [{ name: 'web', args: ['--c'] }] },
    pick: ({ containers }) => containers[0]?.['args'],
    is: ['--c'],
  },
  {
    does: 'merges resources and removes one by null',
    pod: {
      containers: [
        { name: 'web', resources: { requests: { cpu: '200m' }, limits: { memory: null } } },
      ],
    },
    pick: ({ containers }) => containers[0]?.['resources'],
    is: { requests: { cpu: '200m' } },
  },
  {
    does: 'empties by the directive replace',
    pod: { containers: [{ name: 'web', resources: { $patch: 'replace' } }] },
    pick: ({ containers }) => containers[0]?.['resources'],
    is: {},
  },
  {
    does: 'changes the source of a volume by retaining keys',
    pod: {
      volumes: [{ name: 'data', $retainKeys: ['name', 'secret'], secret: { secretName: 'keys' } }],
    },
    pick: ({ volumes }) => volumes?.[0],
    is: { name: 'data', secret: { secretName: 'keys', defaultMode: 420 } },
  },
  {
    does: 'deletes a volume by directive',
    pod: { volumes: [{ name: 'config', $patch: 'delete' }] },
    pick: ({ volumes }) => namesOf(volumes),
    is: ['data'],
  },
  {
    does: 'replaces tolerations whole, which have no key',
    pod: { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    pick: ({ tolerations }) => tolerations,
    is: [{ key: 'gpu', operator: 'Exists' }],
  },
  {
    does: 'merges selectors of nodes as a map',
    pod: { nodeSelector: { disk: 'ssd', zone: null } },
    pick: ({ nodeSelector }) => nodeSelector,
    is: { arch: 'arm64', disk: 'ssd' },
  },
];

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
    test.each(PODS)('$does', async ({ pod, pick, is }) => {
      const manifest = deployment({
        containers: CONTAINERS,
        volumes: VOLUMES,
        tolerations: TOLERATIONS,
        nodeSelector: { zone: 'a', arch: 'arm64' },
      });
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

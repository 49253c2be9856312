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

export interface PodSpec {
  containers: Record<string, unknown>[];
  volumes?: Record<string, unknown>[];
  [field: string]: unknown;
}

interface Row {
  does: string;
  pod: object;
  /** What became of the pod, picked out of it. */
  pick: (pod: PodSpec) => unknown;
  is: unknown;
}

const namesOf = (list: unknown): unknown[] =>
  ((list ?? []) as { name: string }[]).map(({ name }) => name);

export const POD_PATCHES: Row[] = [
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
    pick: ({ containers }) => (containers[0]?.['env'] as unknown[] | undefined)?.[1],
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

/** The pod that each of these patches meets. */
export const PATCHED_POD = {
  containers: CONTAINERS,
  volumes: VOLUMES,
  tolerations: TOLERATIONS,
  nodeSelector: { zone: 'a', arch: 'arm64' },
};

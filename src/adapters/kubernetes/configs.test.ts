import { beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import {
  aConfigMap,
  aDeployment,
  anIntent,
  aSecret,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import type { Canary } from '../../api/canary.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import { CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, SECRET } from '../../ports/kinds.ts';
import { configRefs } from './config-refs.ts';
import { at, textAt } from './json.ts';
import { DeploymentWorkload } from './workload.ts';

let cluster: FakeCluster;
let workload: DeploymentWorkload;

beforeEach(() => {
  cluster = new FakeCluster();
  workload = new DeploymentWorkload(cluster);
});

/** A pod that reads configs in every way there is. */
const POD = {
  volumes: [
    { name: 'a', configMap: { name: 'settings' } },
    { name: 'b', secret: { secretName: 'tls' } },
    {
      name: 'c',
      projected: {
        sources: [
          { configMap: { name: 'flags' } },
          { secret: { name: 'token' } },
          { downwardAPI: {} },
        ],
      },
    },
    { name: 'd', emptyDir: {} },
  ],
  imagePullSecrets: [{ name: 'registry' }],
  initContainers: [{ name: 'init', envFrom: [{ configMapRef: { name: 'init-env' } }] }],
  containers: [
    {
      name: 'app',
      image: 'shop/checkout:1',
      envFrom: [
        { secretRef: { name: 'env', optional: true } },
        { configMapRef: { name: 'settings' } },
      ],
      env: [
        { name: 'X', valueFrom: { configMapKeyRef: { name: 'one', key: 'x' } } },
        { name: 'Y', valueFrom: { secretKeyRef: { name: 'two', key: 'y', optional: true } } },
        { name: 'Z', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    },
  ],
};

const REFS = [
  ['configmap', 'settings', false],
  ['secret', 'tls', false],
  ['configmap', 'flags', false],
  ['secret', 'token', false],
  ['configmap', 'init-env', false],
  ['secret', 'env', true],
  ['configmap', 'one', false],
  ['secret', 'two', true],
] as const;

function seed(): void {
  cluster.put(aDeployment({}, POD));
  for (const [kind, name] of REFS) {
    cluster.put(
      kind === 'secret' ? aSecret(name, { key: 'dGVzdA==' }) : aConfigMap(name, { key: name }),
    );
  }
}

function observe(canary = aCanary()) {
  return workload.observe(canary, anIntent(), cluster.reader([CONFIG_MAP, SECRET]));
}

async function configs(): Promise<Readonly<Record<string, string>>> {
  return (await observe()).target?.configs ?? {};
}

describe('configRefs', () => {
  it('finds every way in which a pod reads a config, once each', () => {
    const refs = configRefs({ spec: POD });
    expect(refs.map(({ kind, name, optional }) => [kind, name, optional])).toEqual(REFS);
  });

  it('takes a config for optional only when every mention is', () => {
    const volumes = [
      { configMap: { name: 'a', optional: true } },
      { configMap: { name: 'a' } },
      { configMap: { name: 'b', optional: true } },
    ];
    expect(configRefs({ spec: { volumes } })).toEqual([
      { kind: 'configmap', name: 'a', optional: false },
      { kind: 'configmap', name: 'b', optional: true },
    ]);
  });

  it.each([[{}], [{ spec: {} }], [{ spec: { volumes: 'x', containers: [null, 3] } }]])(
    'finds nothing in %j',
    (template) => {
      expect(configRefs(template)).toEqual([]);
    },
  );
});

describe('checksums', () => {
  it('are read once, then only when the metadata shows a change', async () => {
    seed();
    const first = await configs();
    expect(Object.keys(first)).toEqual(REFS.map(([kind, name]) => `${kind}/${name}`));
    expect(cluster.requests.length).toBe(REFS.length);
    cluster.forget();
    expect(await configs()).toEqual(first);
    expect(cluster.requests).toEqual([]);

    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'new' }));
    const second = await configs();
    expect(second['configmap/flags']).not.toBe(first['configmap/flags']);
    expect(cluster.requests).toEqual([{ verb: 'get', kind: 'ConfigMap', name: 'flags' }]);
  });

  it.each<[string, (o: KubeObject) => void, boolean]>([
    ['data', (o) => (o['data'] = { other: 'x' }), true],
    ['binaryData', (o) => (o['binaryData'] = { blob: 'AAA=' }), true],
    ['labels', (o) => (o.metadata.labels = { a: 'b' }), false],
    ['the order of keys', (o) => (o['data'] = { b: '2', a: '1' }), false],
  ])('go by content: %s', async (_, change, isNew) => {
    cluster.put(aDeployment({}, { volumes: [{ configMap: { name: 'settings' } }] }));
    cluster.put(aConfigMap('settings', { a: '1', b: '2' }));
    const before = (await observe()).target?.revision;
    cluster.edit(CONFIG_MAP, 'shop', 'settings', change);
    expect((await observe()).target?.revision === before).toBe(!isNew);
  });

  it.each(['flagger.app/config-tracking', 'linnet.dev/config-tracking'])(
    'are not taken where %s is disabled',
    async (annotation) => {
      seed();
      cluster.edit(
        SECRET,
        'shop',
        'tls',
        (o) => (o.metadata.annotations = { [annotation]: 'disabled' }),
      );
      expect(Object.keys(await configs())).not.toContain('secret/tls');
      expect(cluster.requests).not.toContainEqual({ verb: 'get', kind: 'Secret', name: 'tls' });
    },
  );

  it('leave out tokens that belong to a ServiceAccount, read once', async () => {
    seed();
    const type = 'kubernetes.io/service-account-token';
    cluster.edit(SECRET, 'shop', 'token', (o) => (o['type'] = type));
    expect(Object.keys(await configs())).not.toContain('secret/token');
    cluster.forget();
    expect(Object.keys(await configs())).not.toContain('secret/token');
    expect(cluster.requests).toEqual([]);
  });

  it('leave out what does not exist, confirmed once for each version of the target', async () => {
    seed();
    cluster.remove(SECRET, 'shop', 'two');
    await configs();
    cluster.forget();
    expect(Object.keys(await configs())).not.toContain('secret/two');
    expect(cluster.requests).toEqual([]);
    cluster.put(aSecret('two', { key: 'x' }));
    expect(Object.keys(await configs())).toContain('secret/two');
  });

  it('are live where the local store lags behind a config made with the target', async () => {
    seed();
    const lagging = cluster.reader([CONFIG_MAP, SECRET]);
    const reader = {
      ...lagging,
      get: (...[kind, namespace, name]: Parameters<typeof lagging.get>) =>
        name === 'two' ? Promise.resolve(undefined) : lagging.get(kind, namespace, name),
    };
    const seen = await workload.observe(aCanary(), anIntent(), reader);
    expect(Object.keys(seen.target?.configs ?? {})).toContain('secret/two');
  });

  it.each([
    [0, 'NoAnswer'],
    [403, 'Forbidden'],
    [503, 'ServiceUnavailable'],
  ])('are not guessed in bad weather: %i rejects', async (code, reason) => {
    seed();
    cluster.failOnce({ verb: 'get', name: 'two' }, code, reason);
    await expect(configs()).rejects.toMatchObject({ code });
    expect(Object.keys(await configs())).toContain('secret/two');
  });
});

describe('pinning', () => {
  async function pin() {
    const seen = await observe();
    const revision = seen.target?.revision ?? '';
    const canary = aCanary({
      status: aStatus({ revision, lastPromotedSpec: revision }, { primary: 1 }),
    });
    await workload.pin(canary, seen, revision);
    return { canary, revision, seen };
  }

  function copies(): KubeObject[] {
    return [...cluster.all(CONFIG_MAP), ...cluster.all(SECRET)].filter(
      (o) => o['immutable'] === true,
    );
  }

  /** As the look does that stores the plan of this Canary. */
  async function prune(canary: Canary): Promise<void> {
    const unnamed = await workload.unnamed(canary, canary.status!, cluster.reader());
    await workload.prune(canary, unnamed);
  }

  it('keeps template and configs in owned, immutable objects', async () => {
    seed();
    const { revision } = await pin();
    const [pinned] = cluster.all(CONTROLLER_REVISION);
    expect(pinned).toMatchObject({
      metadata: { name: `checkout-${revision}`, ownerReferences: [{ uid: 'u-1' }] },
      data: { template: at(aDeployment({}, POD), 'spec', 'template') },
    });
    expect(copies().length).toBe(REFS.length);
    for (const copy of copies()) {
      expect(copy.metadata.name).toMatch(
        /^(settings|tls|flags|token|init-env|env|one|two)-[b-z]{8}$/,
      );
      expect(copy.metadata.ownerReferences).toMatchObject([{ uid: 'u-1' }]);
      expect(textAt(copy, 'type')).toBe(copy.kind === 'Secret' ? 'Opaque' : undefined);
    }
  });

  it('twice is once', async () => {
    seed();
    const { canary, revision, seen } = await pin();
    const before = copies();
    await workload.pin(canary, seen, revision);
    expect(copies()).toEqual(before);
    expect(cluster.all(CONTROLLER_REVISION).length).toBe(1);
  });

  it('starts again when a config changes between reading and keeping it', async () => {
    seed();
    const seen = await observe();
    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'late' }));
    await expect(workload.pin(aCanary(), seen, seen.target?.revision ?? '')).rejects.toSatisfy(
      isConflict,
    );
    expect(cluster.all(CONTROLLER_REVISION)).toEqual([]);
  });

  it('survives another replica that pins the same at the same time', async () => {
    seed();
    const seen = await observe();
    const other = new DeploymentWorkload(cluster);
    const revision = seen.target?.revision ?? '';
    await Promise.all([
      workload.pin(aCanary(), seen, revision),
      other.pin(aCanary(), seen, revision),
    ]);
    expect(copies().length).toBe(REFS.length);
  });

  it('takes over what an earlier Canary of this name had pinned', async () => {
    seed();
    const { revision, seen } = await pin();
    const heir = aCanary({ metadata: { uid: 'u-2' } });
    await workload.pin(heir, seen, revision);
    const all = [...copies(), ...cluster.all(CONTROLLER_REVISION)];
    for (const { metadata } of all)
      expect(metadata.ownerReferences).toMatchObject([{ uid: 'u-2' }]);
  });

  it('refuses to use an object of somebody else that has the name of a copy', async () => {
    seed();
    const { canary, revision, seen } = await pin();
    const copy = copies().find(({ metadata }) => metadata.name.startsWith('flags-'))!;
    cluster.put({ ...aConfigMap(copy.metadata.name, { key: 'evil' }) });
    await expect(workload.pin(canary, seen, revision)).rejects.toMatchObject({ code: 422 });
  });

  it('makes the primary read the copies, and nothing else of it changes', async () => {
    seed();
    const { canary, revision } = await pin();
    const intent = anIntent({ primary: { revision, atLeast: 1, strength: 1 } });
    const seen = await workload.observe(canary, intent, cluster.reader());
    await workload.applyPrimary(canary, canary.status!, intent, seen);
    const primary = cluster.must(DEPLOYMENT, 'shop', 'checkout-primary');
    const names = configRefs(at(primary, 'spec', 'template') as Record<string, unknown>);
    const known = new Set(copies().map(({ metadata }) => metadata.name));
    expect(names.length).toBe(REFS.length);
    for (const { name } of names) expect(known).toContain(name);
    expect(at(primary, 'spec', 'template', 'spec', 'imagePullSecrets')).toEqual([
      { name: 'registry' },
    ]);
  });

  it('is undone by pruning, save what is kept or in use', async () => {
    seed();
    const first = await pin();
    const intent = anIntent({ primary: { revision: first.revision, atLeast: 1, strength: 1 } });
    await workload.applyPrimary(
      first.canary,
      first.canary.status!,
      intent,
      await workload.observe(first.canary, intent, cluster.reader()),
    );
    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
    const second = await pin();
    cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'third' }));
    const third = await pin();
    expect(cluster.all(CONTROLLER_REVISION).length).toBe(3);
    expect(copies().length).toBe(REFS.length + 2);

    await prune(third.canary);
    const names = cluster.all(CONTROLLER_REVISION).map(({ metadata }) => metadata.name);
    expect(names).toEqual([`checkout-${third.revision}`]);
    // The primary still reads the first version's copies.
    expect(copies().length).toBe(REFS.length + 1);
    expect(cluster.find(CONFIG_MAP, 'shop', 'flags')).toBeDefined();
    expect(second.revision).not.toBe(first.revision);

    cluster.forget();
    await prune(third.canary);
    expect(cluster.requests).toEqual([]);
  });

  describe('by two replicas', () => {
    it('keeps what one names that the other saw without a name: made since', async () => {
      seed();
      const { canary } = await pin();
      const unnamed = await workload.unnamed(canary, canary.status!, cluster.reader());
      cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
      const next = await observe();
      await new DeploymentWorkload(cluster).pin(canary, next, next.target!.revision);
      const before = [...copies(), ...cluster.all(CONTROLLER_REVISION)];
      await workload.prune(canary, unnamed);
      expect([...copies(), ...cluster.all(CONTROLLER_REVISION)]).toEqual(before);
    });

    it('keeps what one names that the other saw without a name: left over from before', async () => {
      seed();
      const { canary } = await pin();
      cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
      const second = await pin();
      cluster.remove(DEPLOYMENT, 'shop', 'checkout-primary');
      // The plan that comes to rest names the first revision only; it is stored now.
      const unnamed = await workload.unnamed(canary, canary.status!, cluster.reader());
      expect(unnamed.map(({ name }) => name)).toContain(`checkout-${second.revision}`);
      expect(unnamed).toHaveLength(2);
      await new DeploymentWorkload(cluster).pin(canary, second.seen, second.revision);
      const before = [...copies(), ...cluster.all(CONTROLLER_REVISION)];
      await workload.prune(canary, unnamed);
      expect([...copies(), ...cluster.all(CONTROLLER_REVISION)]).toEqual(before);
      expect(before).toHaveLength(REFS.length + 1 + 2);
    });

    it('writes nothing anew that the plan names all the time', async () => {
      seed();
      const { canary } = await pin();
      cluster.edit(CONFIG_MAP, 'shop', 'flags', (o) => (o['data'] = { key: 'second' }));
      const next = await observe();
      cluster.forget();
      await workload.pin(canary, next, next.target!.revision);
      expect(cluster.writes().map((write) => write.split(' ').slice(0, 2))).toEqual([
        ['create', 'ConfigMap'],
        ['create', 'ControllerRevision'],
      ]);
    });

    it('begins anew when what it finds pinned goes that very moment', async () => {
      seed();
      const { revision, seen } = await pin();
      const stranger = aCanary();
      cluster.failOnce({ verb: 'patch', kind: 'ControllerRevision' }, 404, 'NotFound');
      await expect(workload.pin(stranger, seen, revision)).rejects.toSatisfy(isConflict);
    });
  });

  it('prunes nothing of other Canaries', async () => {
    seed();
    const { seen, revision } = await pin();
    const other = aCanary({ metadata: { name: 'other', uid: 'u-9' } });
    await workload.pin(other, seen, revision);
    cluster.remove(DEPLOYMENT, 'shop', 'checkout-primary');
    await prune(other);
    expect(cluster.all(CONTROLLER_REVISION).map(({ metadata }) => metadata.name)).toEqual([
      `checkout-${revision}`,
    ]);
    expect(copies().length).toBe(REFS.length);
  });

  it('prunes nothing in bad weather', async () => {
    seed();
    const { canary } = await pin();
    workload = new DeploymentWorkload(cluster);
    cluster.failOnce({ verb: 'get', kind: 'ControllerRevision' }, 500, 'InternalError');
    await expect(prune(canary)).rejects.toMatchObject({ code: 500 });
    expect(copies().length).toBe(REFS.length);
  });
});

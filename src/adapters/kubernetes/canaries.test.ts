import { beforeEach, describe, expect, it } from 'vitest';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { CLAIMED_BY, FENCE, FINALIZER } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import {
  type ApiClient,
  ClusterError,
  isConflict,
  type KubeObject,
  type LocalStore,
} from '../../ports/cluster.ts';
import { CANARY_KIND, DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import { kubernetesCanaries, type KubernetesCanaries } from './canaries.ts';

/** With the status subresource, which ignores all but the status. */
class Cluster extends FakeCluster {
  override replace(...[kind, object, options]: Parameters<ApiClient['replace']>) {
    if (options?.subresource !== 'status') return super.replace(kind, object, options);
    const { namespace = '', name, resourceVersion } = object.metadata;
    const before = this.must(kind, namespace, name);
    const metadata = { ...before.metadata, ...(resourceVersion && { resourceVersion }) };
    return super.replace(kind, { ...before, metadata, status: object['status'] }, options);
  }
}

const KEY = { namespace: 'shop', name: 'checkout' };
const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' };

let cluster: Cluster;
let canaries: KubernetesCanaries;

beforeEach(() => {
  cluster = new Cluster();
  canaries = kubernetesCanaries(cluster, fresh(cluster));
});

/** A store that has always heard of everything. */
function fresh(of: Cluster): LocalStore {
  return {
    get: (kind, namespace = '', name) => of.find(kind, namespace, name),
    list: (kind) => of.all(kind),
  };
}

function putCanary(name = 'checkout', more: Partial<KubeObject> = {}, spec: object = {}): Canary {
  cluster.put({
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'Canary',
    metadata: { namespace: 'shop', name, uid: `uid-of-${name}`, ...more.metadata },
    spec: {
      targetRef: TARGET,
      service: { port: 80 },
      analysis: { interval: '10s', stepWeight: 20 },
      ...spec,
    },
    ...(more['status'] !== undefined && { status: more['status'] }),
  });
  return given(canaries.cached({ namespace: 'shop', name }));
}

function putTarget(annotations: Record<string, string> = {}): KubeObject {
  const metadata = { namespace: 'shop', name: 'checkout', annotations };
  return cluster.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: {} });
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

const raw = (name = 'checkout') => cluster.must(CANARY_KIND, 'shop', name);
const plan = (more: object = {}) =>
  ({
    phase: 'Initialized',
    planVersion: 1,
    canaryWeight: 0,
    failedChecks: 0,
    iterations: 0,
    conditions: [],
    fences: {},
    ...more,
  }) as CanaryStatus;

async function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error = await promise.then(
    () => expect.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
}

describe('a status', () => {
  it('is stored, and comes back with the Canary', async () => {
    const stored = await canaries.store(putCanary(), plan({ canaryWeight: 20 }));
    expect(stored.status?.canaryWeight).toBe(20);
    expect(stored.spec.analysis.stepWeight).toBe(20);
    expect(raw()['status']).toMatchObject({ canaryWeight: 20 });
    expect(raw()['spec']).toMatchObject({ targetRef: TARGET });
  });

  it('is not sent when it says nothing new', async () => {
    const canary = putCanary('checkout', { status: plan() });
    expect(await canaries.store(canary, plan({ verdict: undefined }))).toBe(canary);
    expect(cluster.writes()).toEqual([]);
  });

  it('keeps fields of a newer Linnet', async () => {
    const future = { ofTheFuture: { a: 1 }, fences: { target: 3, gate: 7 } };
    const canary = putCanary('checkout', { status: plan(future) });
    await canaries.store(canary, plan({ canaryWeight: 40, fences: { target: 4 } }));
    expect(raw()['status']).toMatchObject({
      ofTheFuture: { a: 1 },
      canaryWeight: 40,
      fences: { target: 4, gate: 7 },
    });
  });

  it('is refused when somebody else wrote first', async () => {
    const canary = putCanary();
    cluster.edit(CANARY_KIND, 'shop', 'checkout', ({ metadata }) => {
      metadata.annotations = { 'linnet.dev/pause': 'r1' };
    });
    expect(isConflict(await failureOf(canaries.store(canary, plan())))).toBe(true);
    expect(raw()['status']).toBeUndefined();
  });
});

describe('holding a Canary', () => {
  it('claims the target, then adds the finalizer', async () => {
    putTarget();
    const held = await canaries.hold(putCanary());
    expect(cluster.writes()).toEqual(['patch Deployment checkout', 'patch Canary checkout']);
    expect(held.metadata.finalizers).toEqual([FINALIZER]);
    const { annotations } = cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata;
    expect(annotations).toEqual({ [CLAIMED_BY]: 'uid-of-checkout' });
  });

  it('asks nothing when it is held already', async () => {
    putTarget();
    const held = await canaries.hold(putCanary());
    cluster.forget();
    expect(await canaries.hold(held)).toBe(held);
    expect(cluster.requests).toEqual([]);
  });

  it('claims again what Git has replaced', async () => {
    putTarget();
    const held = await canaries.hold(putCanary());
    putTarget();
    cluster.forget();
    await canaries.hold(held);
    expect(cluster.writes()).toEqual(['patch Deployment checkout']);
  });

  it('keeps the finalizers of others', async () => {
    const canary = putCanary('checkout', {
      metadata: { name: 'checkout', namespace: 'shop', finalizers: ['acme.com/audit'] },
    });
    await canaries.hold(canary);
    expect(raw().metadata.finalizers).toEqual(['acme.com/audit', FINALIZER]);
  });

  it('needs no target: its absence is told elsewhere', async () => {
    expect((await canaries.hold(putCanary())).metadata.finalizers).toEqual([FINALIZER]);
  });

  it('leaves routes to the router', async () => {
    const targetRef = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'a' };
    const canary = putCanary('checkout', {}, { targetRef, version: { subset: 'v2' } });
    await canaries.hold(canary);
    expect(cluster.writes()).toEqual(['patch Canary checkout']);
  });

  it('tells the second Canary of a target whose it is, and leaves it be', async () => {
    putTarget();
    await canaries.hold(putCanary('first'));
    const second = putCanary('second');
    const error = await failureOf(canaries.hold(second));
    expect(error).toMatchObject({ code: 409, reason: 'TargetClaimed' });
    expect(isConflict(error)).toBe(false);
    expect(error.message).toBe(
      'spec.targetRef: found Deployment shop/checkout, which Canary shop/first already releases, allowed is a target that no other Canary than second names',
    );
    expect(raw('second').metadata.finalizers).toBeUndefined();
  });

  it('takes over from a Canary that is gone', async () => {
    putTarget({ [CLAIMED_BY]: 'uid-of-nobody' });
    await canaries.hold(putCanary());
    const { annotations } = cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata;
    expect(annotations).toEqual({ [CLAIMED_BY]: 'uid-of-checkout' });
  });

  it('takes over from a Canary that has turned to another target', async () => {
    putTarget();
    await canaries.hold(putCanary('first'));
    putCanary('first', {}, { targetRef: { ...TARGET, name: 'basket' } });
    await canaries.hold(putCanary('second'));
    const { annotations } = cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata;
    expect(annotations).toEqual({ [CLAIMED_BY]: 'uid-of-second' });
  });

  it('asks the server before it speaks of an old claim', async () => {
    putTarget({ [CLAIMED_BY]: 'uid-of-first' });
    putCanary('first');
    const stale = fresh(cluster);
    const known = structuredClone(cluster.must(DEPLOYMENT, 'shop', 'checkout'));
    putTarget();
    const lagging = { ...stale, get: () => known };
    await kubernetesCanaries(cluster, lagging).hold(putCanary('second'));
    const { annotations } = cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata;
    expect(annotations).toEqual({ [CLAIMED_BY]: 'uid-of-second' });
  });

  it('claims a target that it knows free without asking, and gives way to who was first', async () => {
    const free = putTarget();
    const canary = putCanary();
    const lagging = { ...fresh(cluster), get: () => free };
    putTarget({ [CLAIMED_BY]: 'uid-of-first' });
    const overtaken = kubernetesCanaries(cluster, lagging).hold(canary);
    expect(isConflict(await failureOf(overtaken))).toBe(true);
    expect(cluster.requests.map(({ verb }) => verb)).toEqual(['patch']);
    expect(cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata.annotations).toEqual({
      [CLAIMED_BY]: 'uid-of-first',
    });
  });

  it.each(['Deployment', 'Canary'])('gives way when the %s has changed', async (kind) => {
    putTarget();
    const canary = putCanary();
    cluster.failOnce({ verb: 'patch', kind }, 409, 'Conflict');
    expect(isConflict(await failureOf(canaries.hold(canary)))).toBe(true);
  });
});

describe('releasing a Canary', () => {
  it('takes the claim back, then the finalizer', async () => {
    putTarget({ 'acme.com/team': 'a' });
    const held = await canaries.hold(putCanary());
    cluster.forget();
    await canaries.release(held);
    expect(cluster.writes()).toEqual(['patch Deployment checkout', 'patch Canary checkout']);
    const { annotations } = cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata;
    expect(annotations).toEqual({ 'acme.com/team': 'a' });
    expect(raw().metadata.finalizers).toEqual([]);
  });

  it('takes the fence from the target and from a Service that was given back', async () => {
    putTarget({ [FENCE]: '7', 'acme.com/team': 'a' });
    const metadata = { name: 'checkout', namespace: 'shop', annotations: { [FENCE]: '7' } };
    cluster.put({ apiVersion: 'v1', kind: 'Service', metadata, spec: {} });
    const held = await canaries.hold(putCanary());
    await canaries.release(held);
    const target = cluster.must(DEPLOYMENT, 'shop', 'checkout').metadata;
    expect(target.annotations).toEqual({ 'acme.com/team': 'a' });
    expect(cluster.must(SERVICE, 'shop', 'checkout').metadata.annotations ?? {}).toEqual({});
  });

  it('leaves the claim of another alone', async () => {
    putTarget({ [CLAIMED_BY]: 'uid-of-other' });
    await canaries.release(putCanary());
    expect(cluster.writes()).toEqual([]);
  });

  it('has nothing to do for a Canary that is gone', async () => {
    const held = await canaries.hold(putCanary());
    cluster.remove(CANARY_KIND, 'shop', 'checkout');
    await expect(canaries.release(held)).resolves.toBeUndefined();
  });
});

describe('a Canary that cannot be read', () => {
  const AT = '2026-11-21T10:00:00.000Z';

  function refuse(more: object = {}) {
    cluster.put({
      apiVersion: 'linnet.dev/v1beta1',
      kind: 'Canary',
      metadata: { namespace: 'shop', name: 'checkout' },
      spec: { targetRef: TARGET, service: { port: 80 }, analysis: { interval: '5' } },
      ...more,
    });
    return given(canaries.refused(KEY));
  }

  it('is kept apart from those that can', async () => {
    refuse();
    putCanary('other');
    expect(canaries.cached(KEY)).toBeUndefined();
    expect(await canaries.read(KEY)).toBeUndefined();
    expect(canaries.all().map(({ metadata }) => metadata.name)).toEqual(['other']);
    expect(canaries.refused({ namespace: 'shop', name: 'other' })).toBeUndefined();
    expect(canaries.refused({ namespace: 'shop', name: 'nobody' })).toBeUndefined();
  });

  it('says so once, with every problem', async () => {
    await canaries.stall(KEY, refuse().why, AT, 1);
    const { conditions } = raw()['status'] as { conditions: { message: string }[] };
    expect(conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'InvalidSpec', lastTransitionTime: AT },
      { type: 'Reconciling', status: 'False' },
      { type: 'Stalled', status: 'True', observedGeneration: 1 },
    ]);
    expect(conditions[2]?.message).toContain("spec.analysis.interval: found '5', allowed is");
    cluster.forget();
    await canaries.stall(KEY, canaries.refused(KEY)!.why, '2026-11-21T11:00:00.000Z', 1);
    expect(cluster.requests).toEqual([]);
  });

  it('keeps its plan for when it can be read again', async () => {
    const condition = { type: 'Promoted', status: 'True', reason: 'Succeeded' };
    const { why } = refuse({ status: plan({ conditions: [condition] }) });
    await canaries.stall(KEY, why, AT, 1);
    expect(raw()['status']).toMatchObject({
      phase: 'Initialized',
      conditions: [{}, {}, { type: 'Stalled' }, condition],
    });
  });

  it('has no plan yet when it never had one', async () => {
    await canaries.stall(KEY, refuse().why, AT, 1);
    cluster.edit(CANARY_KIND, 'shop', 'checkout', (object) => {
      object['spec'] = { ...(object['spec'] as object), analysis: { stepWeight: 10 } };
    });
    const healed = canaries.cached(KEY);
    expect(healed).toBeDefined();
    expect(healed?.status).toBeUndefined();
  });

  it('is left alone when a newer Linnet wrote it', async () => {
    const { why } = refuse({ status: { phase: 'Dreaming', planVersion: 2 } });
    await canaries.stall(KEY, why, AT, 1);
    expect(cluster.writes()).toEqual([]);
  });
});

import { setImmediate as soon } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import {
  aDeployment,
  anIntent,
  aService,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import { FENCE } from '../../api/annotations.ts';
import { isConflict, type ClusterReader, type KubeObject } from '../../ports/cluster.ts';
import type { TargetIntent } from '../../ports/intent.ts';
import { DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import { at } from './json.ts';
import { DeploymentWorkload } from './workload.ts';

let cluster: FakeCluster;
let workload: DeploymentWorkload;

beforeEach(() => {
  cluster = new FakeCluster();
  workload = new DeploymentWorkload(cluster);
});

function observe(intent: TargetIntent, canary = aCanary({ status: aStatus({}, { target: 4 }) })) {
  return workload.observe(canary, anIntent({ target: intent }), cluster.reader());
}

async function apply(intent: TargetIntent) {
  const canary = aCanary({ status: aStatus({}, { target: 4 }) });
  const seen = await observe(intent, canary);
  await workload.applyTarget(canary, canary.status!, anIntent({ target: intent }), seen);
  return seen.target?.object;
}

function target(): KubeObject {
  return cluster.must(DEPLOYMENT, 'shop', 'checkout');
}

function stamped(replicas: number, stamp: string | undefined): KubeObject {
  const object = aDeployment({ replicas });
  if (stamp !== undefined) object.metadata.annotations![FENCE] = stamp;
  return object;
}

const IDLE: TargetIntent = { replicas: 0, mode: 'exactly' };
const THREE: TargetIntent = { replicas: 3, mode: 'at-least' };
const LET_BE: TargetIntent = { replicas: 'untouched' };

describe("the target's replicas", () => {
  it.each<[string, TargetIntent, number, string | undefined, string, number, string | undefined]>([
    ['are lowered to 0', IDLE, 2, '3', 'differs', 0, '4'],
    ['are stamped where nobody did', IDLE, 0, undefined, 'unstamped', 0, '4'],
    ['are stamped anew', IDLE, 0, '3', 'differs', 0, '4'],
    ['are left at 0', IDLE, 0, '4', 'conforms', 0, '4'],
    ['are raised', THREE, 1, '4', 'differs', 3, '4'],
    ['are never lowered', THREE, 9, '4', 'conforms', 9, '4'],
    ['are never lowered, only stamped', THREE, 9, '2', 'differs', 9, '4'],
    ['are none of our business', LET_BE, 2, undefined, 'unneeded', 2, undefined],
  ])('%s', async (_, intent, replicas, stamp, conformity, after, stampAfter) => {
    cluster.put(stamped(replicas, stamp));
    const seen = await apply(intent);
    expect(seen).toMatchObject({ conformity, stamp: Number(stamp ?? 0) });
    expect(at(target(), 'spec', 'replicas')).toBe(after);
    expect(target().metadata.annotations?.[FENCE]).toBe(stampAfter);
    cluster.forget();
    await apply(intent);
    expect(cluster.requests).toEqual([]);
  });

  it('are not written by a plan that is behind', async () => {
    cluster.put(stamped(2, '5'));
    await expect(apply(IDLE)).rejects.toSatisfy(isConflict);
    expect(at(target(), 'spec', 'replicas')).toBe(2);
  });

  it('are not written over what somebody else wrote since', async () => {
    cluster.put(stamped(2, '4'));
    const canary = aCanary({ status: aStatus({}, { target: 4 }) });
    const seen = await observe(IDLE, canary);
    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => (o.metadata.labels!['x'] = 'y'));
    const intent = anIntent({ target: IDLE });
    const write = workload.applyTarget(canary, canary.status!, intent, seen);
    await expect(write).rejects.toSatisfy(isConflict);
    expect(at(target(), 'spec', 'replicas')).toBe(2);
  });
});

describe('Services that hold the target', () => {
  it.each<[string, KubeObject, string[]]>([
    ['select its pods alone', aService('metrics', { app: 'checkout' }), ['metrics']],
    ['select the pods of both', aService('tier', { tier: 'web' }), []],
    ['select other pods', aService('cart', { app: 'cart' }), []],
    ['select nothing', aService('manual', {}), []],
    ['are the apex', aService('checkout', { app: 'checkout' }), []],
    ['are the canary’s', aService('checkout-canary', { app: 'checkout' }), []],
    ['are names only', aService('ext', { app: 'checkout' }, { type: 'ExternalName' }), []],
  ])('%s', async (_, service, held) => {
    cluster.put(stamped(2, '4'));
    cluster.put(service);
    const seen = await observe(IDLE);
    expect(seen.target?.heldByServices).toEqual(held);
    await apply(IDLE);
    expect(at(target(), 'spec', 'replicas')).toBe(held.length === 0 ? 0 : 2);
  });

  it('keep it differing, with a word about why, until they are gone', async () => {
    cluster.put(stamped(2, '4'));
    cluster.put(aService('metrics', { app: 'checkout' }));
    const seen = await apply(IDLE);
    expect(seen?.conformity).toBe('differs');
    expect(seen?.detail).toContain('Service metrics needs them');
    cluster.remove(SERVICE, 'shop', 'metrics');
    await apply(IDLE);
    expect(at(target(), 'spec', 'replicas')).toBe(0);
  });

  it('are asked for together with the target, so that neither is old when both are there', async () => {
    cluster.put(stamped(2, '4'));
    const reader = cluster.reader();
    let isAsked = false;
    const whenAnswered: boolean[] = [];
    const slow: ClusterReader = {
      async get(kind, namespace, name) {
        await soon();
        if (kind === DEPLOYMENT && name === 'checkout') whenAnswered.push(isAsked);
        return reader.get(kind, namespace, name);
      },
      list(kind, options) {
        isAsked ||= kind === SERVICE;
        return reader.list(kind, options);
      },
    };
    const canary = aCanary({ status: aStatus({}, { target: 4 }) });
    await workload.observe(canary, anIntent({ target: IDLE }), slow);
    expect(whenAnswered[0]).toBe(true);
  });

  it('are not known when the target was to be kept up: it is not taken down then', async () => {
    cluster.put(stamped(3, '4'));
    const canary = aCanary({ status: aStatus({}, { target: 4 }) });
    const seen = await observe(THREE, canary);
    const intent = anIntent({ target: IDLE });
    await workload.applyTarget(canary, canary.status!, intent, seen);
    expect(at(target(), 'spec', 'replicas')).toBe(3);
  });
});

describe("the target's revision", () => {
  /** A plan that names what the target runs, pinned; in a process that knows nothing of it. */
  async function pinnedPlan() {
    cluster.put(aDeployment());
    const seen = await observe(LET_BE, aCanary());
    const revision = seen.target?.revision ?? '';
    const canary = aCanary({ status: aStatus({ revision, lastPromotedSpec: revision }) });
    await workload.pin(canary, seen, revision);
    workload = new DeploymentWorkload(cluster);
    cluster.forget();
    return { canary, revision };
  }

  function addToPod(fields: Record<string, unknown>): (object: KubeObject) => KubeObject {
    return (object) => {
      const spec = object['spec'] as { template: { spec: Record<string, unknown> } } | undefined;
      if (object.kind === 'Deployment') Object.assign(spec!.template.spec, fields);
      return object;
    };
  }

  it('is ten letters that no YAML takes for a number', async () => {
    const { revision } = await pinnedPlan();
    expect(revision).toMatch(/^[bcdfghjklmnpqrstvwxz]{10}$/);
  });

  it('is what is pinned as long as nothing changed, without a request', async () => {
    const { canary, revision } = await pinnedPlan();
    const seen = await observe(LET_BE, canary);
    expect(seen.target?.revision).toBe(revision);
    expect(cluster.requests).toEqual([]);
  });

  it.each<[string, (pod: Record<string, Record<string, unknown>>) => unknown]>([
    ['an environment variable', (pod) => (pod['spec']!['x'] = 1)],
    [
      'kubectl rollout restart',
      (pod) => (pod['metadata']!['annotations'] = { 'kubectl.kubernetes.io/restartedAt': 't' }),
    ],
    ['a label', (pod) => (pod['metadata']!['labels'] = { app: 'checkout', tier: 'db' })],
  ])('is new after %s', async (_, change) => {
    const { canary, revision } = await pinnedPlan();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => {
      change((o['spec'] as { template: Record<string, Record<string, unknown>> }).template);
    });
    const seen = await observe(LET_BE, canary);
    expect(seen.target?.revision).not.toBe(revision);
    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => (o['spec'] = aDeployment()['spec']));
    expect((await observe(LET_BE, canary)).target?.revision).toBe(revision);
  });

  it('does not change by what is not in the template', async () => {
    const { canary, revision } = await pinnedPlan();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => {
      Object.assign(o['spec'] as object, { replicas: 7, minReadySeconds: 3 });
      o.metadata.annotations!['deployment.kubernetes.io/revision'] = '9';
    });
    expect((await observe(LET_BE, canary)).target?.revision).toBe(revision);
  });

  it('stays when an upgrade of the API server added defaults, after one dry run', async () => {
    const { canary, revision } = await pinnedPlan();
    cluster.admission = addToPod({ newDefault: true });
    cluster.put(addToPod({ newDefault: true })(structuredClone(target())));
    for (let i = 0; i < 3; i += 1) {
      expect((await observe(LET_BE, canary)).target?.revision).toBe(revision);
    }
    expect(cluster.requests.map(({ verb }) => verb)).toEqual(['dry-run']);
    expect(cluster.writes()).toEqual([]);
  });

  it('is new when the same field was added by a person', async () => {
    const { canary, revision } = await pinnedPlan();
    cluster.put(addToPod({ newDefault: true })(structuredClone(target())));
    expect((await observe(LET_BE, canary)).target?.revision).not.toBe(revision);
  });

  it.each([
    [400, 'BadRequest'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
  ])('is new when the dry run is refused with %i', async (code, reason) => {
    const { canary, revision } = await pinnedPlan();
    cluster.put(addToPod({ x: 1 })(structuredClone(target())));
    cluster.failOnce({ verb: 'dry-run' }, code, reason);
    expect((await observe(LET_BE, canary)).target?.revision).not.toBe(revision);
  });

  it.each([
    [0, 'NoAnswer'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [504, 'Timeout'],
  ])('is not guessed in bad weather: %i rejects, and is asked again', async (code, reason) => {
    const { canary, revision } = await pinnedPlan();
    cluster.admission = addToPod({ newDefault: true });
    cluster.put(addToPod({ newDefault: true })(structuredClone(target())));
    cluster.failOnce({ verb: 'dry-run' }, code, reason);
    await expect(observe(LET_BE, canary)).rejects.toMatchObject({ code, reason });
    expect((await observe(LET_BE, canary)).target?.revision).toBe(revision);
  });
});

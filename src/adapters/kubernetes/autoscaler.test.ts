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
import type { Canary } from '../../api/canary.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import type { Intent, TargetIntent } from '../../ports/intent.ts';
import { HORIZONTAL_POD_AUTOSCALER as HPA, SCALED_OBJECT } from '../../ports/kinds.ts';
import { DeploymentWorkload } from './workload.ts';

let cluster: FakeCluster;
let workload: DeploymentWorkload;

beforeEach(() => {
  cluster = new FakeCluster();
  workload = new DeploymentWorkload(cluster);
  cluster.put(aDeployment());
});

function scalerOf(kind: 'HorizontalPodAutoscaler' | 'ScaledObject', spec: object): KubeObject {
  const keda = kind === 'ScaledObject';
  return {
    apiVersion: keda ? 'keda.sh/v1alpha1' : 'autoscaling/v2',
    kind,
    metadata: { name: 'checkout-scaler', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      ...spec,
    },
  };
}

const CPU = [
  {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
  },
];

function canaryWith(kind: string, ref: Record<string, unknown> = {}, fences = {}): Canary {
  const apiVersion = kind === 'ScaledObject' ? 'keda.sh/v1alpha1' : 'autoscaling/v2';
  return aCanary({
    spec: { autoscalerRef: { apiVersion, kind, name: 'checkout-scaler', ...ref } },
    status: aStatus({}, { primary: 4, autoscaler: 4, target: 4, ...fences }),
  });
}

async function reconcile(canary: Canary, parts: Partial<Intent>) {
  const intent = anIntent(parts);
  const seen = await workload.observe(canary, intent, cluster.reader());
  await workload.applyPrimary(canary, canary.status!, intent, seen);
  await workload.applyTarget(canary, canary.status!, intent, seen);
  return workload.observe(canary, intent, cluster.reader());
}

/** The primary runs what the target runs, with this floor. */
async function onPrimary(canary: Canary, atLeast: number) {
  const { target } = await workload.observe(canary, anIntent(), cluster.reader());
  return reconcile(canary, {
    primary: { revision: target?.revision ?? '', atLeast, strength: Math.max(1, atLeast) },
  });
}

function primarySpec(kind = HPA): unknown {
  return cluster.must(kind, 'shop', 'checkout-scaler-primary')['spec'];
}

describe('a HorizontalPodAutoscaler', () => {
  const source = { minReplicas: 2, maxReplicas: 6, metrics: CPU, fieldOfTomorrow: 1 };

  it.each<[string, object, Record<string, unknown>, number, object]>([
    ['is copied for the primary', source, {}, 1, { ...source, minReplicas: 2, maxReplicas: 6 }],
    ['is raised to the floor', source, {}, 5, { ...source, minReplicas: 5, maxReplicas: 6 }],
    ['is raised above its own most', source, {}, 8, { ...source, minReplicas: 8, maxReplicas: 8 }],
    [
      'has bounds of its own',
      source,
      { primaryScalerReplicas: { minReplicas: 3, maxReplicas: 12 } },
      1,
      { ...source, minReplicas: 3, maxReplicas: 12 },
    ],
    [
      'has one bound of its own',
      source,
      { primaryScalerReplicas: { maxReplicas: 12 } },
      1,
      { ...source, minReplicas: 2, maxReplicas: 12 },
    ],
    ['has the default of 1', { maxReplicas: 6 }, {}, 1, { minReplicas: 1, maxReplicas: 6 }],
  ])('%s', async (_, spec, ref, floor, expected) => {
    cluster.put(scalerOf('HorizontalPodAutoscaler', spec));
    const seen = await onPrimary(canaryWith('HorizontalPodAutoscaler', ref), floor);
    expect(seen.primary?.autoscaler).toEqual({ conformity: 'conforms', stamp: 4 });
    expect(primarySpec()).toEqual({
      ...expected,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout-primary' },
    });
    cluster.forget();
    await onPrimary(canaryWith('HorizontalPodAutoscaler', ref), floor);
    expect(cluster.writes()).toEqual([]);
  });

  it('is followed when it is edited, at once and without a rollout', async () => {
    cluster.put(scalerOf('HorizontalPodAutoscaler', source));
    const canary = canaryWith('HorizontalPodAutoscaler');
    await onPrimary(canary, 1);
    cluster.edit(HPA, 'shop', 'checkout-scaler', (o) =>
      Object.assign(o['spec'] as object, { maxReplicas: 50 }),
    );
    await onPrimary(canary, 1);
    expect(primarySpec()).toMatchObject({ maxReplicas: 50 });
  });

  it('tells its least, and is never written itself', async () => {
    const before = cluster.put(scalerOf('HorizontalPodAutoscaler', source));
    const seen = await reconcile(canaryWith('HorizontalPodAutoscaler'), {
      target: { replicas: 0, mode: 'exactly' },
    });
    expect(seen.target?.autoscalerMin).toBe(2);
    expect(cluster.must(HPA, 'shop', 'checkout-scaler')).toEqual(before);
  });

  it('of the primary is refused when somebody else made it', async () => {
    cluster.put(scalerOf('HorizontalPodAutoscaler', source));
    const foreign = scalerOf('HorizontalPodAutoscaler', { maxReplicas: 1 });
    foreign.metadata.name = 'checkout-scaler-primary';
    const before = cluster.put(foreign);
    const seen = await onPrimary(canaryWith('HorizontalPodAutoscaler'), 1);
    expect(seen.primary?.autoscaler.conformity).toBe('foreign');
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['NameTaken']);
    expect(cluster.must(HPA, 'shop', 'checkout-scaler-primary')).toEqual(before);
  });

  it('of the primary is not written by a plan that is behind', async () => {
    cluster.put(scalerOf('HorizontalPodAutoscaler', source));
    await onPrimary(canaryWith('HorizontalPodAutoscaler'), 1);
    cluster.edit(
      HPA,
      'shop',
      'checkout-scaler-primary',
      (o) => (o.metadata.annotations![FENCE] = '9'),
    );
    await expect(onPrimary(canaryWith('HorizontalPodAutoscaler'), 3)).rejects.toSatisfy(isConflict);
  });

  it('that does not exist is a problem', async () => {
    const seen = await onPrimary(canaryWith('HorizontalPodAutoscaler'), 1);
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['AutoscalerNotFound']);
    expect(seen.primary?.autoscaler.conformity).toBe('unneeded');
  });
});

describe('a ScaledObject', () => {
  const trigger = (query: string, name = 'rate') => ({
    type: 'prometheus',
    name,
    metadata: { query, threshold: '5' },
  });
  const source = {
    idleReplicaCount: 0,
    minReplicaCount: 1,
    maxReplicaCount: 9,
    triggers: [trigger('x{app="checkout"}')],
  };
  const PAUSED = 'autoscaling.keda.sh/paused-replicas';

  it('is copied for the primary: bound to it, asking for it, never idle and never paused', async () => {
    const object = scalerOf('ScaledObject', {
      ...source,
      advanced: { horizontalPodAutoscalerConfig: { name: 'hpa', behavior: {} }, other: 1 },
    });
    object.metadata.annotations = { [PAUSED]: '0' };
    cluster.put(object);
    const seen = await onPrimary(canaryWith('ScaledObject'), 2);
    expect(primarySpec(SCALED_OBJECT)).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout-primary' },
      minReplicaCount: 2,
      maxReplicaCount: 9,
      advanced: { horizontalPodAutoscalerConfig: { name: 'hpa-primary', behavior: {} }, other: 1 },
      triggers: [trigger('x{app="checkout-primary"}')],
    });
    const copy = cluster.must(SCALED_OBJECT, 'shop', 'checkout-scaler-primary');
    expect(copy.metadata.annotations).not.toHaveProperty([PAUSED]);
    expect(seen.primary?.autoscaler.conformity).toBe('conforms');
    expect(seen.target?.autoscalerMin).toBe(1);

    cluster.edit(
      SCALED_OBJECT,
      'shop',
      'checkout-scaler-primary',
      (o) => (o.metadata.annotations![PAUSED] = '0'),
    );
    await onPrimary(canaryWith('ScaledObject'), 2);
    const after = cluster.must(SCALED_OBJECT, 'shop', 'checkout-scaler-primary');
    expect(after.metadata.annotations).not.toHaveProperty([PAUSED]);
  });

  it.each([
    ['x{app="checkout"}', 'x{app="checkout-primary"}'],
    ['x{app="checkout-primary"}', 'x{app="checkout-primary"}'],
    ['x{app="pre-checkout"}', 'x{app="pre-checkout"}'],
    ['rate(checkout_total[1m])', 'rate(checkout_total[1m])'],
    ['x{pod=~"checkout-.*"}', 'x{pod=~"checkout-.*"}'],
    ['a{s="checkout"} / b{s="checkout"}', 'a{s="checkout-primary"} / b{s="checkout-primary"}'],
  ])('asks for the primary: %s', async (query, expected) => {
    cluster.put(
      scalerOf('ScaledObject', { ...source, triggers: [trigger(query), { type: 'cron' }] }),
    );
    await onPrimary(canaryWith('ScaledObject'), 1);
    expect(primarySpec(SCALED_OBJECT)).toMatchObject({
      triggers: [trigger(expected), { type: 'cron' }],
    });
  });

  it('takes the queries of primaryScalerQueries, by the name of the trigger', async () => {
    cluster.put(
      scalerOf('ScaledObject', { ...source, triggers: [trigger('a'), trigger('b', 'other')] }),
    );
    await onPrimary(canaryWith('ScaledObject', { primaryScalerQueries: { rate: 'mine' } }), 1);
    expect(primarySpec(SCALED_OBJECT)).toMatchObject({
      triggers: [trigger('mine'), trigger('b', 'other')],
    });
  });

  const idle: TargetIntent = { replicas: 0, mode: 'exactly' };
  const busy: TargetIntent = { replicas: 1, mode: 'at-least' };
  it.each<[string, TargetIntent, string | undefined, string | undefined]>([
    ['is paused at 0 while the target is idle', idle, undefined, '0'],
    ['goes on when the target is wanted', busy, '0', undefined],
    ['stays paused where a person paused it', busy, '3', '3'],
    ['is paused at 0 even where a person paused it higher', idle, '3', '0'],
    ['is let be with the target', { replicas: 'untouched' }, '0', '0'],
  ])('%s', async (_, target, before, after) => {
    const object = scalerOf('ScaledObject', source);
    object.metadata.annotations = before === undefined ? {} : { [PAUSED]: before };
    cluster.put(object);
    const seen = await reconcile(canaryWith('ScaledObject'), { target });
    expect(['conforms', 'unneeded']).toContain(seen.target?.object.conformity);
    const live = cluster.must(SCALED_OBJECT, 'shop', 'checkout-scaler');
    expect(live.metadata.annotations?.[PAUSED]).toBe(after);
  });

  it('is not paused while a Service needs the target', async () => {
    cluster.put(scalerOf('ScaledObject', source));
    cluster.put(aService('metrics', { app: 'checkout' }));
    const seen = await reconcile(canaryWith('ScaledObject'), { target: idle });
    expect(seen.target?.object.conformity).toBe('unstamped');
    const live = cluster.must(SCALED_OBJECT, 'shop', 'checkout-scaler');
    expect(live.metadata.annotations).toBeUndefined();
  });
});

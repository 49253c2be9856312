import { describe, expect, it } from 'vitest';
import type { KubeObject, ResourceKind } from '../ports/cluster.ts';
import {
  apiVersionOf,
  CANARY_KIND,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  HORIZONTAL_POD_AUTOSCALER,
  SECRET,
  VIRTUAL_SERVICE,
} from '../ports/kinds.ts';
import { isRelevant } from './relevance.ts';

interface Parts {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object | undefined;
  readonly endpoints?: object[];
}

function object(kind: ResourceKind, { metadata, ...more }: Parts): KubeObject {
  const base = { namespace: 'shop', name: 'web', uid: 'u', resourceVersion: '1' };
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    spec: { replicas: 1 },
    ...more,
    metadata: { ...base, ...metadata },
  };
}

const condition = (lastUpdateTime: string, status = 'True') => ({
  conditions: [{ type: 'Available', status, lastUpdateTime, lastTransitionTime: lastUpdateTime }],
});
const annotated = (annotations: Record<string, string>) => ({ metadata: { annotations } });
const scaled = (desiredReplicas: number) => ({ status: { desiredReplicas } });

describe('a change', () => {
  it.each<[string, ResourceKind, Parts, Parts]>([
    ['a version', DEPLOYMENT, {}, { metadata: { resourceVersion: '2', generation: 4 } }],
    ['managed fields', DEPLOYMENT, {}, { metadata: { managedFields: [{}] } }],
    ['the time of a condition', DEPLOYMENT, { status: condition('a') }, { status: condition('b') }],
    ['our own status', CANARY_KIND, { status: { phase: 'A' } }, { status: { phase: 'B' } }],
    ['our own finalizer', CANARY_KIND, {}, { metadata: { finalizers: ['linnet.dev/finalizer'] } }],
    ['a status of Istio', VIRTUAL_SERVICE, {}, { status: { observedGeneration: 2 } }],
    ['what an autoscaler measures', HORIZONTAL_POD_AUTOSCALER, scaled(1), scaled(2)],
    [
      'when endpoints last changed',
      ENDPOINT_SLICE,
      annotated({ 'endpoints.kubernetes.io/last-change-trigger-time': 'a' }),
      annotated({ 'endpoints.kubernetes.io/last-change-trigger-time': 'b' }),
    ],
  ])('is none when it is only %s', (_, kind, before, after) => {
    const change = { kind, before: object(kind, before), after: object(kind, after) };
    expect(isRelevant(change)).toBe(false);
  });

  it.each<[string, ResourceKind, Parts, Parts]>([
    ['a spec', DEPLOYMENT, {}, { spec: { replicas: 2 } }],
    ['ready pods', DEPLOYMENT, { status: { readyReplicas: 1 } }, { status: { readyReplicas: 2 } }],
    ['a condition', DEPLOYMENT, { status: condition('a') }, { status: condition('a', 'False') }],
    ['a fence', VIRTUAL_SERVICE, {}, annotated({ 'linnet.dev/fence': '4' })],
    ['an order', CANARY_KIND, {}, annotated({ 'linnet.dev/promote': 'r1' })],
    ['a deletion', CANARY_KIND, {}, { metadata: { deletionTimestamp: 'now' } }],
    ['a status taken away', CANARY_KIND, { status: {} }, {}],
    ['an owner', DEPLOYMENT, {}, { metadata: { ownerReferences: [{ uid: 'u' }] } }],
    ['an endpoint', ENDPOINT_SLICE, { endpoints: [] }, { endpoints: [{ addresses: ['a'] }] }],
    ['a Secret', SECRET, {}, { metadata: { resourceVersion: '2' } }],
    ['a successor of the same name', DEPLOYMENT, {}, { metadata: { uid: 'other' } }],
  ])('is one when it is %s', (_, kind, before, after) => {
    const change = { kind, before: object(kind, before), after: object(kind, after) };
    expect(isRelevant(change)).toBe(true);
  });

  it('is one when an object comes or goes', () => {
    const one = object(DEPLOYMENT, {});
    expect(isRelevant({ kind: DEPLOYMENT, before: undefined, after: one })).toBe(true);
    expect(isRelevant({ kind: DEPLOYMENT, before: one, after: undefined })).toBe(true);
  });
});

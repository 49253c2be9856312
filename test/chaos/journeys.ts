import { API_VERSION } from '../../src/api/group.ts';
import type { MessageKind } from '../../src/api/status.ts';
import { ERRORS_QUERY } from '../builders/people.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';
import { canary, deployment, templateOf } from '../manifests/app.ts';
import type { Account } from './chronicle.ts';

/** Something that a Canary goes through from a beginning to an end, and what must be told of it. */
export interface Journey {
  readonly name: string;
  /** The weights that the live routes get, one write each. */
  readonly weights: readonly number[];
  /** The plans, each stage once: `phase/stage@weight`, and how many checks have failed. */
  readonly plans: readonly string[];
  readonly messages: readonly MessageKind[];
  /** Percent of requests that fail in the version that it begins with. */
  readonly errors: number;
}

/** Where a Canary lives. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

const ROLLOUT = [
  'Progressing/scale-up@0',
  'Progressing/shift@30',
  'Progressing/analyse@30',
  'Progressing/shift@60',
  'Progressing/analyse@60',
];

export const PROMOTED: Journey = {
  name: 'promoted',
  weights: [30, 60, 0],
  plans: [
    ...ROLLOUT,
    'Promoting/copy@60',
    'Finalising/reset@0',
    'Finalising/drain@0',
    'Finalising/scale-down@0',
    'Succeeded/@0',
  ],
  messages: ['started', 'promoted'],
  errors: 0,
};

export const TAKEN_BACK: Journey = {
  name: 'taken back',
  weights: [30, 0],
  plans: [
    'Progressing/scale-up@0',
    'Progressing/shift@30',
    'Progressing/analyse@30',
    'Progressing/analyse@30 1 failed',
    'Finalising/reset@0 2 failed',
    'Finalising/drain@0 2 failed',
    'Finalising/scale-down@0 2 failed',
    'Failed/@0 2 failed',
  ],
  messages: ['started', 'failed'],
  errors: 50,
};

/** A workload with its Canary, whose messages go to `people`. */
export async function adopt(api: RawApi, place: Place, people: string): Promise<void> {
  const { namespace, name } = place;
  await api.create(`/apis/${API_VERSION}/namespaces/${namespace}/alertproviders`, {
    apiVersion: API_VERSION,
    kind: 'AlertProvider',
    metadata: { name: 'people' },
    spec: { type: 'webhook', address: `${people}/messages` },
  });
  await api.create(deployments(namespace), deployment(name, { image: 'shop:1' }, 1));
  await api.create(`/apis/${API_VERSION}/namespaces/${namespace}/canaries`, canaryOf(name));
}

function canaryOf(name: string) {
  const judged = { name: 'errors', query: ERRORS_QUERY, thresholdRange: { max: 1 } };
  return canary(
    name,
    {
      interval: '1s',
      threshold: 2,
      stepWeights: [30, 60],
      metrics: [{ ...judged, interval: '1s' }],
      alerts: [{ name: 'all', severity: 'info', providerRef: { name: 'people' } }],
    },
    { progressDeadlineSeconds: 3600 },
  );
}

/** As the next commit does it. */
export async function release(api: RawApi, { namespace, name }: Place, image: string) {
  const { spec } = templateOf(name, { image });
  await api.patch(`${deployments(namespace)}/${name}`, { spec: { template: { spec } } });
}

function deployments(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments`;
}

/** It has come to an end, and everybody has been told. */
export function isOver({ plans }: Account): boolean {
  const last = plans.at(-1);
  return last !== undefined && OVER.has(last.phase) && last.outbox.length === 0;
}

const OVER: ReadonlySet<string> = new Set(['Initialized', 'Succeeded', 'Failed']);

import { API_VERSION } from '../../src/api/group.ts';
import type { MessageKind } from '../../src/api/status.ts';
import { ERRORS_QUERY } from '../builders/people.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';
import { canary, deployment, service, templateOf } from '../manifests/app.ts';
import type { Account } from './chronicle.ts';

/** Something that a Canary goes through from a beginning to an end, and what must be told of it. */
export interface Journey {
  readonly name: string;
  /** What people do that it begins with; the Canary is deleted while its first step is analysed. */
  readonly begins: 'new version' | 'new Canary' | 'deletion';
  /** So many requests are sure to be made on it. */
  readonly sureRequests: number;
  /** The weights that the live routes get, one write each. */
  readonly weights: readonly number[];
  /** What they have at first, and may be stamped anew with when somebody comes to do it in time. */
  readonly stampedAt?: number;
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
  begins: 'new version',
  sureRequests: 40,
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
  begins: 'new version',
  sureRequests: 40,
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

export const ADOPTED: Journey = {
  name: 'adopted',
  begins: 'new Canary',
  sureRequests: 40,
  weights: [0],
  plans: [
    'Initializing/primary@0',
    'Initializing/routes@0',
    'Initializing/apex@0',
    'Initializing/drain@0',
    'Initializing/scale-down@0',
    'Initialized/@0',
  ],
  messages: ['initialized'],
  errors: 0,
};

/** At mid-rollout: the target takes all traffic. */
export const GIVEN_BACK: Journey = {
  name: 'given back',
  begins: 'deletion',
  sureRequests: 10,
  weights: [100],
  stampedAt: 30,
  plans: [
    'Progressing/analyse@30',
    'Terminating/target@30',
    'Terminating/shift@100',
    'Terminating/apex@100',
    'Terminating/routes@100',
    'Terminating/drain@100',
    'Terminated/@100',
  ],
  messages: ['terminated'],
  errors: 0,
};

/** A workload that serves already, and somebody who is told of it: `people`, a URL. */
export async function furnish(api: RawApi, place: Place, people: string): Promise<void> {
  const { namespace, name } = place;
  await api.create(`/apis/${API_VERSION}/namespaces/${namespace}/alertproviders`, {
    apiVersion: API_VERSION,
    kind: 'AlertProvider',
    metadata: { name: 'people' },
    spec: { type: 'webhook', address: `${people}/messages` },
  });
  await api.create(`/api/v1/namespaces/${namespace}/services`, service(name));
  await api.create(deployments(namespace), deployment(name, { image: 'shop:1' }, 1));
}

export async function adopt(api: RawApi, { namespace, name }: Place): Promise<void> {
  await api.create(canaries(namespace), canaryOf(name));
}

export async function giveUp(api: RawApi, { namespace, name }: Place): Promise<void> {
  await api.delete(`${canaries(namespace)}/${name}`);
}

function canaries(namespace: string): string {
  return `/apis/${API_VERSION}/namespaces/${namespace}/canaries`;
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

/** Its first step is analysed, and stays so while Prometheus has nothing to say of it. */
export function isHeld({ plans }: Account): boolean {
  const last = plans.at(-1);
  return last?.stage === 'analyse' && last.isHeld && last.outbox.length === 0;
}

/** It has come to an end, and everybody has been told. */
export function isOver({ plans }: Account): boolean {
  const last = plans.at(-1);
  return last !== undefined && OVER.has(last.phase) && last.outbox.length === 0;
}

const OVER: ReadonlySet<string> = new Set(['Initialized', 'Succeeded', 'Failed']);

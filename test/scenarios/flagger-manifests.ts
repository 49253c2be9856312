import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { API_VERSION } from '../../src/api/group.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { deployment, PATIENT_MS, type Version } from '../manifests/app.ts';

const FOLDER = new URL('../manifests/flagger/', import.meta.url);

export interface FlaggerCanary extends KubeObject {
  readonly spec: {
    readonly targetRef: { readonly kind: string; readonly name: string };
    readonly autoscalerRef?: { readonly kind: string };
    readonly service: { readonly port: number; readonly hosts?: string[] };
    readonly analysis: { readonly interval: string };
  };
}

/** Where a manifest's addresses lead in a test. */
export interface Addresses {
  readonly prometheus: string;
  /** Ends with a slash. */
  readonly tester: string;
}

/** Files of the collection that hold a Canary. */
export function flaggerCanaries(): string[] {
  return readdirSync(FOLDER).filter((file) => textOf(file).includes('kind: Canary'));
}

/** As a team applies it that moves over: with another group, all in one namespace of the test. */
export function flaggerManifest(file: string, { prometheus, tester }: Addresses): FlaggerCanary {
  const text = textOf(file)
    .replaceAll(/https?:\/\/prometheus\.monitoring:9090/g, prometheus)
    .replaceAll(/(?<= url: )https?:\/\/[^/]+\//g, tester)
    .replaceAll(/^ +namespace: shared\n/gm, '');
  const { kind, spec, metadata } = parse(text) as FlaggerCanary;
  const { namespace: _, ...own } = metadata;
  return { apiVersion: API_VERSION, kind, spec, metadata: own };
}

function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

/** Nobody wants to wait for minutes: `analysis` says what else is quicker. */
export function hastened(canary: FlaggerCanary, analysis: object = {}): FlaggerCanary {
  const hasten = (name: string, value: unknown) => {
    if (name === 'analysis') return { ...(value as object), interval: '1s', ...analysis };
    // As long as requests may take, so long a version drains.
    if (name === 'service') return { ...(value as object), timeout: '1.5s' };
    if (name !== 'metrics') return value;
    return (value as { name: string }[]).map((metric) => ({
      ...metric,
      ...(metric.name === 'request-duration' && { thresholdRange: { max: PATIENT_MS } }),
      interval: '5s',
    }));
  };
  return JSON.parse(JSON.stringify(canary, hasten)) as FlaggerCanary;
}

/** The workload that a Canary names, and its autoscaler. */
export function workloadFor({ spec }: FlaggerCanary, version: Version): object[] {
  const { name } = spec.targetRef;
  const workload = deployment(name, version);
  const scaler = spec.autoscalerRef && AUTOSCALERS[spec.autoscalerRef.kind]?.(name);
  return scaler === undefined ? [workload] : [workload, scaler];
}

/** As many workloads have. */
export const PORTS = [
  { name: 'http', containerPort: 9898 },
  { name: 'http-metrics', containerPort: 9797 },
  { name: 'grpc', containerPort: 9999 },
];

const AUTOSCALERS: Record<string, (name: string) => object> = {
  HorizontalPodAutoscaler: horizontalAutoscaler,
  ScaledObject: scaledObject,
};

export function horizontalAutoscaler(name: string) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    },
  };
}

function scaledObject(name: string) {
  const serverAddress = 'http://prometheus.monitoring:9090';
  const query = `sum(rate(http_requests_total{app="${name}"}[30s]))`;
  const metadata = { serverAddress, threshold: '5', query };
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name },
    spec: {
      scaleTargetRef: { name },
      minReplicaCount: 1,
      maxReplicaCount: 4,
      triggers: [{ type: 'prometheus', name: 'requests', metadata }],
    },
  };
}

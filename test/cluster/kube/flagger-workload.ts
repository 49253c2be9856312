import { list } from './manifests.ts';

/** What Flagger's own API is to Kubernetes: a kind whose content nobody checks here. */
export const FLAGGER_CANARIES = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'canaries.flagger.app' },
  spec: {
    group: 'flagger.app',
    scope: 'Namespaced',
    names: { kind: 'Canary', plural: 'canaries', singular: 'canary', listKind: 'CanaryList' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

/** The Canary of Deployment `web`; the same text for both controllers but for its first line. */
export function canaryOf(apiVersion: 'flagger.app/v1beta1' | 'linnet.dev/v1beta1') {
  return {
    apiVersion,
    kind: 'Canary',
    metadata: { name: 'web' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      autoscalerRef: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        name: 'web',
      },
      service: { port: 80, targetPort: 8080 },
      analysis: { interval: '1s', stepWeight: 50, threshold: 3, metrics: [] },
    },
  };
}

/** Deployment `web` as Flagger 1.44 leaves it between two rollouts; `uid` is that of its Canary. */
export function flaggerWorkload(uid: string) {
  const owner = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'web', uid };
  const made = { ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }] };
  return list(
    config('conf'),
    config('conf-primary', made),
    deployment('web', 0, 'conf'),
    deployment('web-primary', 2, 'conf-primary', made, { 'flagger-id': '1' }),
    service('web', 'web-primary', made),
    service('web-primary', 'web-primary', made),
    service('web-canary', 'web', made),
    autoscaler('web'),
    autoscaler('web-primary', made),
    destinationRule('web-primary', made),
    destinationRule('web-canary', made),
    virtualService(made),
  );
}

type Metadata = Record<string, unknown>;

function config(name: string, metadata: Metadata = {}) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    data: { GREETING: 'hello' },
  };
}

function deployment(
  name: string,
  replicas: number,
  conf: string,
  metadata: Metadata = {},
  annotations: Metadata = {},
) {
  const labels = { app: name };
  const container = {
    name: 'web',
    image: 'web:1',
    ports: [{ containerPort: 8080 }],
    envFrom: [{ configMapRef: { name: conf } }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels, ...metadata },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: { containers: [container] } },
    },
  };
}

function service(name: string, app: string, metadata: Metadata) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name }, ...metadata },
    spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

function autoscaler(name: string, metadata: Metadata = {}) {
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, ...metadata },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [{ type: 'Resource', resource: cpu }],
    },
  };
}

function destinationRule(name: string, metadata: Metadata) {
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'DestinationRule',
    metadata: { name, ...metadata },
    spec: { host: name },
  };
}

function virtualService(metadata: Metadata) {
  const to = (host: string, weight: number) => ({ destination: { host }, weight });
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'VirtualService',
    metadata: { name: 'web', ...metadata },
    spec: { hosts: ['web'], http: [{ route: [to('web-primary', 100), to('web-canary', 0)] }] },
  };
}

import { defaultPod, defaultPodSpec, objectsOf } from './pod-defaults.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';

type Defaults = (spec: JsonObject, object: KubeObject) => void;

/** What the API fills in for each built-in resource, by its plural name. */
export const BUILTIN_DEFAULTS: Record<string, Defaults> = {
  pods(spec) {
    defaultPodSpec(spec);
    defaultPod(spec);
  },
  deployments(spec) {
    spec['replicas'] ??= 1;
    spec['revisionHistoryLimit'] ??= 10;
    spec['progressDeadlineSeconds'] ??= 600;
    const strategy = objectIn(spec, 'strategy');
    strategy['type'] ??= 'RollingUpdate';
    if (strategy['type'] === 'RollingUpdate') {
      const rolling = objectIn(strategy, 'rollingUpdate');
      rolling['maxUnavailable'] ??= '25%';
      rolling['maxSurge'] ??= '25%';
    }
    defaultTemplate(spec);
  },
  replicasets(spec) {
    spec['replicas'] ??= 1;
    defaultTemplate(spec);
  },
  daemonsets(spec, { metadata }) {
    metadata.annotations = {
      'deprecated.daemonset.template.generation': '1',
      ...metadata.annotations,
    };
    spec['revisionHistoryLimit'] ??= 10;
    const strategy = objectIn(spec, 'updateStrategy');
    strategy['type'] ??= 'RollingUpdate';
    if (strategy['type'] === 'RollingUpdate') {
      const rolling = objectIn(strategy, 'rollingUpdate');
      rolling['maxUnavailable'] ??= 1;
      rolling['maxSurge'] ??= 0;
    }
    defaultTemplate(spec);
  },
  statefulsets(spec) {
    spec['replicas'] ??= 1;
    spec['revisionHistoryLimit'] ??= 10;
    spec['podManagementPolicy'] ??= 'OrderedReady';
    const strategy = objectIn(spec, 'updateStrategy');
    if (strategy['type'] === undefined) objectIn(strategy, 'rollingUpdate');
    strategy['type'] ??= 'RollingUpdate';
    if (isJsonObject(strategy['rollingUpdate'])) strategy['rollingUpdate']['partition'] ??= 0;
    const retention = objectIn(spec, 'persistentVolumeClaimRetentionPolicy');
    retention['whenDeleted'] ??= 'Retain';
    retention['whenScaled'] ??= 'Retain';
    defaultTemplate(spec);
  },
  jobs: defaultJob,
  cronjobs(spec) {
    spec['concurrencyPolicy'] ??= 'Allow';
    spec['suspend'] ??= false;
    spec['successfulJobsHistoryLimit'] ??= 3;
    spec['failedJobsHistoryLimit'] ??= 1;
    defaultTemplate(objectIn(objectIn(spec, 'jobTemplate'), 'spec'));
  },
  services: defaultService,
  horizontalpodautoscalers: defaultAutoscaler,
  namespaces(_spec, object) {
    if (object.metadata.name) labelWithName(object);
  },
  endpoints(_spec, object) {
    for (const subset of objectsOf(object['subsets'] as JsonObject[])) {
      for (const port of objectsOf(subset['ports'])) port['protocol'] ??= 'TCP';
    }
  },
  endpointslices(_spec, object) {
    for (const port of objectsOf(object['ports'] as JsonObject[])) {
      port['name'] ??= '';
      port['protocol'] ??= 'TCP';
    }
  },
  secrets(_spec, object) {
    object['type'] ??= 'Opaque';
    mergeStringData(object);
  },
  rolebindings: defaultBinding,
  clusterrolebindings: defaultBinding,
  customresourcedefinitions: defaultCustomResourceDefinition,
};

/** Every namespace can be selected by its name. */
export function labelWithName({ metadata }: KubeObject): void {
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
}

function defaultTemplate(spec: JsonObject): void {
  const template = objectIn(spec, 'template');
  defaultPodSpec(objectIn(template, 'spec'));
}

function defaultJob(spec: JsonObject): void {
  if (spec['parallelism'] === undefined) spec['completions'] ??= 1;
  spec['parallelism'] ??= 1;
  spec['backoffLimit'] ??= 6;
  spec['completionMode'] ??= 'NonIndexed';
  spec['suspend'] ??= false;
  spec['manualSelector'] ??= false;
  spec['podReplacementPolicy'] ??= spec['podFailurePolicy'] ? 'Failed' : 'TerminatingOrFailed';
  defaultTemplate(spec);
}

function defaultService(spec: JsonObject): void {
  spec['type'] ??= 'ClusterIP';
  spec['sessionAffinity'] ??= 'None';
  if (spec['sessionAffinity'] === 'ClientIP') {
    spec['sessionAffinityConfig'] ??= { clientIP: { timeoutSeconds: 10_800 } };
  } else delete spec['sessionAffinityConfig'];
  for (const port of objectsOf(spec['ports'])) {
    port['protocol'] ??= 'TCP';
    port['targetPort'] = port['targetPort'] || port['port'];
  }
  const isReachable = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';
  if (isReachable) spec['externalTrafficPolicy'] ??= 'Cluster';
  if (spec['type'] === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true;
  if (spec['type'] !== 'ExternalName') spec['internalTrafficPolicy'] ??= 'Cluster';
}

const SCALE_UP_POLICIES = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const SCALE_DOWN_POLICIES = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

function defaultAutoscaler(spec: JsonObject): void {
  spec['minReplicas'] ??= 1;
  if (objectsOf(spec['metrics']).length === 0) {
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (!isJsonObject(spec['behavior'])) return;
  const [up, down] = [
    objectIn(spec['behavior'], 'scaleUp'),
    objectIn(spec['behavior'], 'scaleDown'),
  ];
  up['stabilizationWindowSeconds'] ??= 0;
  up['policies'] ??= structuredClone(SCALE_UP_POLICIES);
  down['policies'] ??= structuredClone(SCALE_DOWN_POLICIES);
  up['selectPolicy'] ??= 'Max';
  down['selectPolicy'] ??= 'Max';
}

/** `stringData` is write-only: it lands in `data`, encoded. */
function mergeStringData(secret: KubeObject): void {
  const given = secret['stringData'];
  if (!isJsonObject(given)) return;
  const data = (secret['data'] ?? {}) as JsonObject;
  for (const [key, value] of Object.entries(given)) {
    data[key] = Buffer.from(scalarText(value), 'utf8').toString('base64');
  }
  secret['data'] = data;
  delete secret['stringData'];
}

function defaultBinding(_spec: JsonObject, object: KubeObject): void {
  const group = 'rbac.authorization.k8s.io';
  const roleRef = object['roleRef'];
  if (isJsonObject(roleRef)) roleRef['apiGroup'] = roleRef['apiGroup'] || group;
  for (const subject of objectsOf(object['subjects'] as JsonObject[])) {
    if (subject['kind'] !== 'ServiceAccount') subject['apiGroup'] = subject['apiGroup'] || group;
  }
}

function defaultCustomResourceDefinition(spec: JsonObject): void {
  spec['conversion'] ??= { strategy: 'None' };
  const names = objectIn(spec, 'names');
  const kind = scalarText(names['kind'] ?? '');
  names['listKind'] ??= `${kind}List`;
  names['singular'] ??= kind.toLowerCase();
}

function objectIn(parent: JsonObject, field: string): JsonObject {
  const existing = parent[field];
  if (isJsonObject(existing)) return existing;
  const created: JsonObject = {};
  parent[field] = created;
  return created;
}

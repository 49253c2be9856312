import type { FieldFault } from '../objects/api-errors.ts';
import { objectsOf } from './pod-defaults.ts';
import type { JsonObject, JsonValue, KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { isJsonObject, jsonEqual, scalarText } from '../values/json-tree.ts';
import { configDataFaults, secretDataFaults } from './stored-data.ts';
import { labelFaults } from '../objects/name-rules.ts';
import { valueAt } from '../objects/resource-definition.ts';

type Validation = (next: KubeObject, previous: KubeObject | undefined) => FieldFault[];

/** The common mistakes the API refuses, by the plural name of the resource. */
export const BUILTIN_VALIDATION: Record<string, Validation> = {
  pods: (next, previous) =>
    previous
      ? podUpdateFaults(next, previous)
      : [
          ...podSpecFaults(next.spec, 'spec'),
          ...choiceFaults(next.spec ?? {}, 'restartPolicy', RESTART_POLICIES),
        ],
  deployments: (next, previous) => [
    ...workloadFaults(next, previous),
    ...strategyFaults(next.spec?.['strategy']),
    ...deadlineFaults(next.spec ?? {}),
  ],
  replicasets: workloadFaults,
  daemonsets: workloadFaults,
  statefulsets: workloadFaults,
  jobs: (next) => templateFaults(next.spec ?? {}),
  services: serviceFaults,
  configmaps: configDataFaults,
  secrets: (next, previous) => [
    ...secretDataFaults(next, previous),
    ...(previous && next['type'] !== previous['type'] ? [immutable('type', next['type'])] : []),
  ],
  controllerrevisions: (next, previous) =>
    previous && !jsonEqual(next['data'], previous['data']) ? [immutable('data', next['data'])] : [],
  horizontalpodautoscalers: autoscalerFaults,
  endpointslices: (next, previous) => sliceFaults(next, previous),
  rolebindings: roleRefFaults,
  clusterrolebindings: roleRefFaults,
};

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function choiceFaults(spec: JsonObject, field: string, supported: string[]): FieldFault[] {
  const value = spec[field];
  if (value === undefined || supported.some((one) => one === value)) return [];
  return [fieldFault.notSupported(`spec.${field}`, value, supported)];
}

function workloadFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  const spec = next.spec ?? {};
  const faults: FieldFault[] = [];
  const { selector } = spec;
  if (previous && !jsonEqual(selector, previous.spec?.['selector'])) {
    faults.push(immutable('spec.selector', selector));
  }
  if (!isJsonObject(selector)) {
    faults.push(fieldFault.required('spec.selector'), selectorMismatch(spec));
  } else if (Object.keys(selector).length === 0) {
    const detail = 'empty selector is invalid for deployment';
    faults.push(fieldFault.invalid('spec.selector', selector, detail));
  } else faults.push(...selectorFaults(selector, spec));
  for (const field of ['replicas', 'minReadySeconds', 'revisionHistoryLimit']) {
    const value = spec[field];
    if (typeof value === 'number' && value < 0) {
      const detail = 'must be greater than or equal to 0';
      faults.push(fieldFault.invalid(`spec.${field}`, value, detail));
    }
  }
  const policy = valueAt(spec, 'template.spec.restartPolicy');
  if (policy !== undefined && policy !== 'Always') {
    const field = 'spec.template.spec.restartPolicy';
    faults.push(fieldFault.notSupported(field, policy, ['Always']));
  }
  return [...faults, ...templateFaults(spec)];
}

/** Progress is to be seen only once pods have been ready for so long. */
function deadlineFaults({ progressDeadlineSeconds, minReadySeconds }: JsonObject): FieldFault[] {
  if (Number(progressDeadlineSeconds) > Number(minReadySeconds ?? 0)) return [];
  const detail = 'must be greater than minReadySeconds';
  return [fieldFault.invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, detail)];
}

function strategyFaults(strategy: JsonValue | undefined): FieldFault[] {
  const { type, rollingUpdate } = isJsonObject(strategy) ? strategy : {};
  if (type !== 'Recreate' || rollingUpdate === undefined) return [];
  const detail = "may not be specified when strategy `type` is 'Recreate'";
  return [fieldFault.forbidden('spec.strategy.rollingUpdate', detail)];
}

function selectorFaults(selector: JsonObject, spec: JsonObject): FieldFault[] {
  const labels = (valueAt(spec, 'template.metadata.labels') ?? {}) as Record<string, string>;
  const wanted = Object.entries((selector['matchLabels'] ?? {}) as Record<string, string>);
  const expressions = objectsOf(selector['matchExpressions']);
  const matches =
    wanted.every(([key, value]) => labels[key] === value) &&
    expressions.every((one) => expressionHolds(one, labels));
  return matches ? [] : [selectorMismatch(spec)];
}

function selectorMismatch(spec: JsonObject): FieldFault {
  const labels = valueAt(spec, 'template.metadata.labels') ?? {};
  const detail = '`selector` does not match template `labels`';
  return fieldFault.invalid('spec.template.metadata.labels', labels, detail);
}

export function expressionHolds(expression: JsonObject, labels: Record<string, string>): boolean {
  const value = labels[scalarText(expression['key'])];
  const values = Array.isArray(expression['values']) ? expression['values'] : [];
  switch (expression['operator']) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}

function templateFaults(spec: JsonObject): FieldFault[] {
  const template = spec['template'];
  if (!isJsonObject(template)) return [fieldFault.required('spec.template')];
  const labels = (valueAt(template, 'metadata.labels') ?? {}) as Record<string, string>;
  return [
    ...labelFaults(labels, 'spec.template.metadata.labels'),
    ...podSpecFaults(template['spec'], 'spec.template.spec'),
  ];
}

function podSpecFaults(spec: JsonValue | undefined, path: string): FieldFault[] {
  const containers = isJsonObject(spec) ? objectsOf(spec['containers']) : [];
  if (containers.length === 0) return [fieldFault.required(`${path}.containers`)];
  const faults: FieldFault[] = [];
  const names = new Set<JsonValue | undefined>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}.containers[${index}]`;
    if (!container['name']) faults.push(fieldFault.required(`${at}.name`));
    else if (names.has(container['name'])) {
      faults.push(fieldFault.duplicate(`${at}.name`, container['name']));
    }
    names.add(container['name']);
    if (!container['image']) faults.push(fieldFault.required(`${at}.image`));
    faults.push(
      ...containerPortFaults(container, at),
      ...mountFaults(container, spec as JsonObject, at),
    );
  }
  return faults;
}

function containerPortFaults(container: JsonObject, path: string): FieldFault[] {
  return objectsOf(container['ports']).flatMap((port, index) =>
    portFaults(port['containerPort'], `${path}.ports[${index}].containerPort`),
  );
}

function mountFaults(container: JsonObject, spec: JsonObject, path: string): FieldFault[] {
  const volumes = new Set(objectsOf(spec['volumes']).map((volume) => volume['name']));
  return objectsOf(container['volumeMounts']).flatMap((mount, index) =>
    volumes.has(mount['name'])
      ? []
      : [notFoundFault(`${path}.volumeMounts[${index}].name`, mount['name'])],
  );
}

function notFoundFault(field: string, value: unknown): FieldFault {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(value)}` };
}

function portFaults(port: JsonValue | undefined, path: string): FieldFault[] {
  if (port === undefined || port === 0) return [fieldFault.required(path)];
  if (typeof port === 'number' && port >= 1 && port <= 65_535) return [];
  return [fieldFault.invalid(path, port, 'must be between 1 and 65535, inclusive')];
}

/** Of a pod's spec only images, deadlines and additional tolerations may change. */
function podUpdateFaults(next: KubeObject, previous: KubeObject): FieldFault[] {
  const comparable = (object: KubeObject): JsonObject => {
    const {
      tolerations: _t,
      activeDeadlineSeconds: _a,
      terminationGracePeriodSeconds: _g,
      schedulingGates: _s,
      ...spec
    } = object.spec ?? {};
    const strip = (field: string): JsonObject[] =>
      objectsOf(spec[field]).map(({ image: _image, ...container }) => container);
    return { ...spec, containers: strip('containers'), initContainers: strip('initContainers') };
  };
  // A pod without a node is being bound to one.
  if (!previous.spec?.['nodeName'] && next.spec?.['nodeName']) return [];
  if (jsonEqual(comparable(next), comparable(previous))) return [];
  const detail =
    'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
  return [fieldFault.forbidden('spec', detail)];
}

function serviceFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  const spec = next.spec ?? {};
  const faults = choiceFaults(spec, 'type', SERVICE_TYPES);
  const before = previous?.spec;
  const isVirtual = (one: JsonObject | undefined): boolean => one?.['type'] !== 'ExternalName';
  if (before && isVirtual(before) && isVirtual(spec) && spec['clusterIP'] !== before['clusterIP']) {
    const detail = 'may not change once set';
    faults.push(fieldFault.invalid('spec.clusterIPs[0]', [spec['clusterIP']], detail));
  }
  const ports = objectsOf(spec['ports']);
  if (ports.length === 0 && isVirtual(spec) && spec['clusterIP'] !== 'None') {
    faults.push(fieldFault.required('spec.ports'));
  }
  const names = new Set<JsonValue | undefined>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    faults.push(...portFaults(port['port'], `${at}.port`));
    if (!port['name'] && ports.length > 1) faults.push(fieldFault.required(`${at}.name`));
    if (port['name'] && names.has(port['name'])) {
      faults.push(fieldFault.duplicate(`${at}.name`, port['name']));
    }
    names.add(port['name']);
  }
  return faults;
}

function autoscalerFaults(next: KubeObject): FieldFault[] {
  const { minReplicas, maxReplicas } = next.spec ?? {};
  const faults: FieldFault[] = [];
  if (typeof maxReplicas !== 'number' || maxReplicas < 1) {
    const detail = 'must be greater than 0';
    faults.push(fieldFault.invalid('spec.maxReplicas', maxReplicas ?? 0, detail));
  } else if (typeof minReplicas === 'number' && maxReplicas < minReplicas) {
    const detail = 'must be greater than or equal to `minReplicas`';
    faults.push(fieldFault.invalid('spec.maxReplicas', maxReplicas, detail));
  }
  return faults;
}

function sliceFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  const supported = ['FQDN', 'IPv4', 'IPv6'];
  const type = next['addressType'];
  if (previous && type !== previous['addressType']) return [immutable('addressType', type)];
  if (type === undefined) return [fieldFault.required('addressType')];
  return supported.includes(scalarText(type))
    ? []
    : [fieldFault.notSupported('addressType', type, supported)];
}

function roleRefFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  if (!previous || jsonEqual(next['roleRef'], previous['roleRef'])) return [];
  return [fieldFault.invalid('roleRef', next['roleRef'], 'cannot change roleRef')];
}

function immutable(field: string, value: unknown): FieldFault {
  return fieldFault.invalid(field, value, 'field is immutable');
}

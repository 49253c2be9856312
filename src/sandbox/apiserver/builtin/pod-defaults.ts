import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';

/** What the API fills into the pod spec of a pod or a template. */
export function defaultPodSpec(spec: JsonObject): void {
  spec['restartPolicy'] ??= 'Always';
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec['schedulerName'] ??= 'default-scheduler';
  spec['terminationGracePeriodSeconds'] ??= 30;
  spec['securityContext'] ??= {};
  mirrorServiceAccount(spec);
  for (const field of ['containers', 'initContainers']) {
    for (const container of objectsOf(spec[field])) defaultContainer(container);
  }
  for (const volume of objectsOf(spec['volumes'])) defaultVolume(volume);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are kept. */
function mirrorServiceAccount(spec: JsonObject): void {
  const name = spec['serviceAccountName'] ?? spec['serviceAccount'];
  if (name === undefined) return;
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
}

function defaultContainer(container: JsonObject): void {
  container['terminationMessagePath'] ??= '/dev/termination-log';
  container['terminationMessagePolicy'] ??= 'File';
  container['imagePullPolicy'] ??= isLatest(scalarText(container['image'] ?? ''))
    ? 'Always'
    : 'IfNotPresent';
  for (const port of objectsOf(container['ports'])) port['protocol'] ??= 'TCP';
  for (const variable of objectsOf(container['env'])) defaultEnvironment(variable);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isJsonObject(container[probe])) defaultProbe(container[probe]);
  }
  if (isJsonObject(container['lifecycle'])) defaultLifecycle(container['lifecycle']);
}

/** Without a tag or digest, or with the tag `latest`, an image is pulled every time. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const name = image.slice(image.lastIndexOf('/') + 1);
  return !name.includes(':') || name.endsWith(':latest');
}

function defaultEnvironment(variable: JsonObject): void {
  if (isJsonObject(variable['valueFrom'])) defaultReferences(variable['valueFrom']);
}

/** References to fields of the pod itself. */
function defaultReferences(source: JsonObject): void {
  if (isJsonObject(source['fieldRef'])) source['fieldRef']['apiVersion'] ??= 'v1';
  if (isJsonObject(source['resourceFieldRef'])) source['resourceFieldRef']['divisor'] ??= '0';
}

function defaultProbe(probe: JsonObject): void {
  probe['timeoutSeconds'] ??= 1;
  probe['periodSeconds'] ??= 10;
  probe['successThreshold'] ??= 1;
  probe['failureThreshold'] ??= 3;
  defaultHandler(probe);
  if (isJsonObject(probe['grpc'])) probe['grpc']['service'] ??= '';
}

function defaultLifecycle(lifecycle: JsonObject): void {
  for (const hook of ['postStart', 'preStop']) {
    if (isJsonObject(lifecycle[hook])) defaultHandler(lifecycle[hook]);
  }
}

function defaultHandler(handler: JsonObject): void {
  if (!isJsonObject(handler['httpGet'])) return;
  handler['httpGet']['path'] ??= '/';
  handler['httpGet']['scheme'] ??= 'HTTP';
}

/** What only pods get, not templates: a limit without a request requests the limit. */
export function defaultPod(spec: JsonObject): void {
  spec['enableServiceLinks'] ??= true;
  for (const field of ['containers', 'initContainers']) {
    for (const { resources } of objectsOf(spec[field])) {
      if (isJsonObject(resources)) defaultRequests(resources);
    }
  }
}

function defaultRequests(resources: JsonObject): void {
  if (!isJsonObject(resources['limits'])) return;
  const requests = isJsonObject(resources['requests']) ? resources['requests'] : {};
  for (const [name, limit] of Object.entries(resources['limits'])) requests[name] ??= limit;
  if (Object.keys(requests).length > 0) resources['requests'] = requests;
}

function defaultVolume(volume: JsonObject): void {
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    if (isJsonObject(volume[source])) volume[source]['defaultMode'] ??= 420;
  }
  if (isJsonObject(volume['hostPath'])) volume['hostPath']['type'] ??= '';
  const sources = Object.keys(volume).filter((field) => field !== 'name');
  if (sources.length === 0) volume['emptyDir'] = {};
  if (isJsonObject(volume['projected'])) defaultProjections(volume['projected']);
  if (isJsonObject(volume['downwardAPI'])) defaultItems(volume['downwardAPI']);
}

function defaultItems(downward: JsonObject): void {
  for (const item of objectsOf(downward['items'])) defaultReferences(item);
}

function defaultProjections(projected: JsonObject): void {
  for (const source of objectsOf(projected['sources'])) {
    const token = source['serviceAccountToken'];
    if (isJsonObject(token)) token['expirationSeconds'] ??= 3600;
    if (isJsonObject(source['downwardAPI'])) defaultItems(source['downwardAPI']);
  }
}

export function objectsOf(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

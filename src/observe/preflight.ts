import { isHttp, protocolOf } from '../api/port-protocol.ts';
import type { Finding } from '../decide/observation.ts';
import type { GatewayFacts, MeshFacts, PreflightFacts } from '../ports/preflight.ts';

/**
 * Looks before a rollout for what keeps it from working: each rule knows one way. Pure; what a rule
 * finds is one sentence that says what to change.
 */
export function preflight(facts: PreflightFacts): Finding[] {
  return RULES.flatMap(({ reason, severity, find }) => {
    const message = find(facts);
    return message === undefined ? [] : [{ reason, severity, message }];
  });
}

export interface PreflightRule {
  /** Names the condition, after `Preflight`. */
  readonly reason: string;
  readonly severity: Finding['severity'];
  /** The sentence, or undefined when all is well or cannot be told. */
  readonly find: (facts: PreflightFacts) => string | undefined;
}

/** What hurts most comes first. */
export const RULES: readonly PreflightRule[] = [
  { reason: 'SidecarMissing', severity: 'error', find: inMesh(sidecarMissing) },
  { reason: 'AmbientWithoutWaypoint', severity: 'error', find: inMesh(ambientWithoutWaypoint) },
  { reason: 'GatewayMissing', severity: 'error', find: inMesh(gatewayMissing) },
  { reason: 'HostNotServed', severity: 'error', find: inMesh(hostNotServed) },
  { reason: 'DestinationMissing', severity: 'error', find: inMesh(destinationMissing) },
  { reason: 'DuplicateHost', severity: 'error', find: inMesh(duplicateHost) },
  { reason: 'FaultOnRoute', severity: 'error', find: inMesh(faultOnRoute) },
  { reason: 'SelectorPinsVersion', severity: 'warning', find: selectorPinsVersion },
  { reason: 'PortHidesHttp', severity: 'warning', find: inMesh(portHidesHttp) },
  { reason: 'NoMeshMetrics', severity: 'warning', find: inMesh(noMeshMetrics) },
  { reason: 'CallersOutsideMesh', severity: 'warning', find: inMesh(callersOutsideMesh) },
  { reason: 'HiddenFromGateway', severity: 'warning', find: inMesh(hiddenFromGateway) },
  { reason: 'ReadinessProbeMissing', severity: 'warning', find: readinessProbeMissing },
  { reason: 'LocalTrafficPolicy', severity: 'warning', find: localTrafficPolicy },
  { reason: 'HiddenFromNamespaces', severity: 'info', find: inMesh(hiddenFromNamespaces) },
  { reason: 'PortProtocolSniffed', severity: 'info', find: inMesh(portProtocolSniffed) },
];

type MeshRule = (mesh: MeshFacts, facts: PreflightFacts) => string | undefined;

function inMesh(rule: MeshRule): PreflightRule['find'] {
  return (facts) => (facts.mesh === undefined ? undefined : rule(facts.mesh, facts));
}

/** Where no pod has a proxy and there are metrics all the same, something else speaks for them. */
function sidecarMissing(
  mesh: MeshFacts,
  { target, namespace }: PreflightFacts,
): string | undefined {
  if (mesh.injection.ambient) return undefined;
  const without = mesh.pods.filter(({ hasSidecar }) => !hasSidecar);
  const none = without.length === mesh.pods.length;
  if (without.length === 0 || (none && mesh.hasMetrics === true)) return undefined;
  const cure = without.some(({ optsOut }) => optsOut)
    ? 'remove sidecar.istio.io/inject=false from its pod template'
    : mesh.injection.enabled
      ? 'restart its pods, they are older than the injection'
      : `label namespace ${namespace} with istio-injection=enabled and restart its pods`;
  const count = `${without.length} of ${mesh.pods.length} pods of ${target}`;
  return `${count} have no sidecar, so the mesh neither routes to them by version nor counts their requests; ${cure}`;
}

function ambientWithoutWaypoint(
  { injection }: MeshFacts,
  facts: PreflightFacts,
): string | undefined {
  if (!injection.ambient || injection.waypoint) return undefined;
  return `namespace ${facts.namespace} is in ambient mode without a waypoint, so HTTP routes have no effect; label it with istio.io/use-waypoint`;
}

function gatewayMissing({ route }: MeshFacts): string | undefined {
  const missing = route.gateways.filter(({ hosts }) => hosts === undefined);
  if (missing.length === 0) return undefined;
  return `${route.name} is for Gateway ${names(missing)}, which does not exist; create it or correct spec.service.gateways`;
}

/** Hosts of the mesh need no gateway. */
function hostNotServed({ route }: MeshFacts): string | undefined {
  const served = route.gateways.flatMap(({ hosts }) => hosts ?? []);
  if (served.length === 0) return undefined;
  const outside = route.hosts.filter((host) => host.includes('.') && !host.endsWith('.local'));
  const unserved = outside.filter((host) => !served.some((server) => covers(server, host)));
  if (unserved.length === 0) return undefined;
  return `no server of Gateway ${names(route.gateways)} has host ${list(unserved)}, so requests for it get a 404; add it to the Gateway`;
}

function destinationMissing({ route }: MeshFacts): string | undefined {
  if (route.missingHosts.length === 0) return undefined;
  return `${route.name} leads to ${list(route.missingHosts)}, which no Service has, so requests get a 503; create the Service or correct the host`;
}

function duplicateHost({ route }: MeshFacts): string | undefined {
  const [rival] = route.rivals;
  if (rival === undefined) return undefined;
  return `VirtualService ${rival.name} has host ${rival.host} too, and in the mesh the older of two counts; merge it with ${route.name} or change its hosts`;
}

function faultOnRoute({ route }: MeshFacts): string | undefined {
  if (route.faults.length === 0) return undefined;
  return `${route.name} injects faults on route ${list(route.faults)}, which count as errors of no version; remove the fault`;
}

/** Labels that tell versions apart by themselves. */
const VERSION_LABELS = [
  'version',
  'app.kubernetes.io/version',
  'pod-template-hash',
  'rollouts-pod-template-hash',
];

function selectorPinsVersion({ services }: PreflightFacts): string | undefined {
  const pinned = services.flatMap(({ name, selector }) =>
    VERSION_LABELS.filter((label) => label in selector).map((label) => ({
      name,
      pin: `${label}=${selector[label]}`,
    })),
  );
  const [first] = pinned;
  if (first === undefined) return undefined;
  return `Service ${first.name} selects pods by ${first.pin}, so it reaches one version only; remove that label from its selector`;
}

function portHidesHttp({ port }: MeshFacts): string | undefined {
  const protocol = protocolOf(port);
  if (protocol === undefined || isHttp(protocol) || port.appProtocol?.toLowerCase() === 'tcp') {
    return undefined;
  }
  const by =
    port.appProtocol === undefined ? `portName ${port.name}` : `appProtocol ${port.appProtocol}`;
  return `spec.service.${by} makes the mesh treat the port as ${protocol}, so HTTP routes and metrics do not apply; use http or grpc, or appProtocol tcp where TCP is meant`;
}

function portProtocolSniffed({ port }: MeshFacts): string | undefined {
  if (protocolOf(port) !== undefined) return undefined;
  return `spec.service.portName ${port.name} names no protocol, so the mesh guesses it from the traffic; use http or grpc, or set appProtocol`;
}

function noMeshMetrics({ hasMetrics }: MeshFacts, { target }: PreflightFacts): string | undefined {
  if (hasMetrics !== false) return undefined;
  return `Prometheus has no istio_* series of ${target}, so nothing can be judged; send it traffic, and check that Prometheus scrapes its proxies`;
}

function callersOutsideMesh(mesh: MeshFacts): string | undefined {
  const { outsiders, route, pods } = mesh;
  if (!route.forMesh || outsiders.length === 0 || mesh.injection.ambient) return undefined;
  if (!pods.some(({ hasSidecar }) => hasSidecar)) return undefined;
  return `${list(outsiders)} in the same namespace have no sidecar; if they call the service, they ignore its weights; inject them`;
}

function hiddenFromGateway(
  { route }: MeshFacts,
  { namespace }: PreflightFacts,
): string | undefined {
  const hidden = route.gateways.filter(
    (gateway) => !isExported(route.exportTo, gateway, namespace),
  );
  if (hidden.length === 0) return undefined;
  return `${route.name} is exported to ${list(route.exportTo ?? [])} only, so Gateway ${names(hidden)} does not see it; add its namespace to exportTo`;
}

function hiddenFromNamespaces({ route }: MeshFacts): string | undefined {
  if (!route.forMesh || route.exportTo === undefined || route.exportTo.includes('*'))
    return undefined;
  return `${route.name} is exported to ${list(route.exportTo)} only; callers in other namespaces ignore its weights unless exportTo names them`;
}

function readinessProbeMissing({ containers, target }: PreflightFacts): string | undefined {
  if (containers === undefined || containers.some((one) => one.hasReadinessProbe)) return undefined;
  return `no container of ${target} has a readinessProbe, so new pods get traffic before they can serve it; add one`;
}

function localTrafficPolicy({ services }: PreflightFacts): string | undefined {
  const local = services.filter((service) => service.internalTrafficPolicy === 'Local');
  if (local.length === 0) return undefined;
  return `Service ${list(local.map(({ name }) => name))} has internalTrafficPolicy Local, so a node without a pod of the chosen version answers 503; use Cluster`;
}

/** Whether a Gateway's server takes requests for a host; either may be `*` or `*.example.com`. */
function covers(server: string, host: string): boolean {
  if (server === '*' || server === host) return true;
  return isWithin(host, server) || isWithin(server, host);
}

function isWithin(host: string, wildcard: string): boolean {
  return wildcard.startsWith('*.') && host.endsWith(wildcard.slice(1));
}

function isExported(
  exportTo: readonly string[] | undefined,
  { namespace }: GatewayFacts,
  own: string,
): boolean {
  if (exportTo === undefined || exportTo.includes('*')) return true;
  return exportTo.includes(namespace) || (namespace === own && exportTo.includes('.'));
}

function names(gateways: readonly GatewayFacts[]): string {
  return list(gateways.map(({ name }) => name));
}

/** At most three, and how many more. */
function list(texts: readonly string[]): string {
  const shown = texts.slice(0, 3).join(', ');
  return texts.length > 3 ? `${shown} and ${texts.length - 3} more` : shown;
}

import type { CanaryService } from '../../api/service.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { isMap, listAt, numberAt, textAt } from './json.ts';

export type ServicePort = Readonly<Record<string, unknown>>;

/** The ports of the Services that Linnet makes: the one of the spec, then those discovered. */
export function wantedPorts(service: CanaryService, target: KubeObject): ServicePort[] {
  const { port, portName, appProtocol } = service;
  const targetPort = targetPortOf(service);
  const main = {
    name: portName,
    protocol: 'TCP',
    port,
    targetPort,
    ...(appProtocol !== undefined && { appProtocol }),
  };
  return service.portDiscovery ? [main, ...discovered(service, target)] : [main];
}

export function targetPortOf({ port, targetPort }: CanaryService): number | string {
  return targetPort ?? port;
}

/** Names of the target's container ports. */
export function portNames(target: KubeObject): string[] {
  return containerPorts(target).flatMap(({ name }) => (name === undefined ? [] : [name]));
}

/** Ports of a Service that Linnet made: what is wanted, and what the cluster added to each. */
export function exactPorts(live: KubeObject, wanted: readonly ServicePort[]): ServicePort[] {
  return merged(live, wanted, {
    both: (is, want) => ('nodePort' in is ? { ...want, nodePort: is['nodePort'] } : want),
    others: false,
  });
}

/**
 * Ports of a user's Service: what is wanted is there, under the names that the user gave; ports
 * that Linnet knows nothing of stay.
 */
export function adaptedPorts(
  live: KubeObject,
  wanted: readonly ServicePort[],
  { targetPort, appProtocol }: CanaryService,
): ServicePort[] {
  return merged(live, wanted, {
    both: (is, want) => ({
      ...is,
      ...(targetPort !== undefined && want === wanted[0] && { targetPort }),
      ...(appProtocol !== undefined && want === wanted[0] && { appProtocol }),
    }),
    others: true,
  });
}

/** The ports that a Service had, given back; ports that were added to it since stay. */
export function restoredPorts(
  live: KubeObject,
  original: readonly ServicePort[],
  wanted: readonly ServicePort[],
): ServicePort[] {
  const had = new Map(original.map((port) => [keyOf(port), port]));
  const ours = new Set(wanted.map(keyOf));
  return portsOf(live).flatMap((port) => {
    if (!ours.has(keyOf(port))) return [port];
    const before = had.get(keyOf(port));
    return before === undefined ? [] : [before];
  });
}

export function portsOf(service: KubeObject): ServicePort[] {
  return listAt(service, 'spec', 'ports').filter(isMap);
}

interface ContainerPort {
  readonly container: string;
  readonly index: number;
  readonly name: string | undefined;
  readonly port: number;
  readonly protocol: string;
}

/**
 * As Flagger does: every container port but the target port and those of the mesh's own containers,
 * under its own name or `tcp-<container>-<index>`.
 */
function discovered(service: CanaryService, target: KubeObject): ServicePort[] {
  const targetPort = targetPortOf(service);
  const taken = new Set([`${service.port}/TCP`]);
  const names = new Set([service.portName]);
  const ports: ServicePort[] = [];
  for (const { container, index, name, port, protocol } of containerPorts(target)) {
    const isMain = port === targetPort || name === targetPort;
    if (isMain || MESH_CONTAINERS.has(container) || taken.has(`${port}/${protocol}`)) continue;
    const unique = name === undefined || names.has(name) ? `tcp-${container}-${index}` : name;
    taken.add(`${port}/${protocol}`);
    names.add(unique);
    ports.push({ name: unique, protocol, port, targetPort: port });
  }
  return ports;
}

const MESH_CONTAINERS: ReadonlySet<string> = new Set(['istio-proxy', 'envoy']);

/** Init containers too: one that restarts always is a sidecar, and may listen. */
function containerPorts(target: KubeObject): ContainerPort[] {
  const pod = ['spec', 'template', 'spec'] as const;
  const sidecars = listAt(target, ...pod, 'initContainers').filter(
    (container) => textAt(container, 'restartPolicy') === 'Always',
  );
  return [...listAt(target, ...pod, 'containers'), ...sidecars].flatMap((container) =>
    listAt(container, 'ports').map((port, index) => ({
      container: textAt(container, 'name') ?? '',
      index,
      name: textAt(port, 'name'),
      port: numberAt(port, 'containerPort') ?? 0,
      protocol: textAt(port, 'protocol') ?? 'TCP',
    })),
  );
}

/** In the order in which the Service has them, so that equal ports stay equal. */
function merged(
  live: KubeObject,
  wanted: readonly ServicePort[],
  rule: { both: (is: ServicePort, want: ServicePort) => ServicePort; others: boolean },
): ServicePort[] {
  const present = portsOf(live);
  const known = new Map(wanted.map((port) => [keyOf(port), port]));
  const kept = present.flatMap((is) => {
    const want = known.get(keyOf(is));
    if (want === undefined) return rule.others ? [is] : [];
    return [rule.both(is, want)];
  });
  const there = new Set(present.map(keyOf));
  return [...kept, ...wanted.filter((port) => !there.has(keyOf(port)))];
}

function keyOf(port: ServicePort): string {
  return `${numberAt(port, 'port') ?? 0}/${textAt(port, 'protocol') ?? 'TCP'}`;
}

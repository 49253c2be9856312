import type { KubeObject } from '../../ports/cluster.ts';
import type { Problem } from '../../ports/workload.ts';
import type { Demand } from './demand.ts';
import { at, listAt, numberAt } from './json.ts';
import { objectText } from './naming.ts';
import { portNames, portsOf, targetPortOf } from './service-ports.ts';
import { ORIGINAL } from './custom-metadata.ts';
import type { ServiceObjects, ServiceParts } from './service-objects.ts';

/** What keeps the Services from being made, and what a person has to change. */
export function serviceProblems(
  { parts, apex, primary, canary }: ServiceObjects,
  demands: readonly Demand[],
): Problem[] {
  if (parts === undefined) return [];
  return [
    ...portNotFound(parts),
    ...(apex === undefined ? [] : targetPortUnclear(parts, apex)),
    ...[primary, canary].flatMap((version) => (version ? headlessness(parts, version) : [])),
    ...demands.flatMap(nameTaken),
    ...demands.flatMap(portNameTaken),
  ];
}

function portNotFound({ service, target }: ServiceParts): Problem[] {
  const port = targetPortOf(service);
  const names = portNames(target);
  if (typeof port === 'number' || names.includes(port)) return [];
  const found = names.length === 0 ? 'it names none' : `it has ${names.join(', ')}`;
  return [
    {
      reason: 'PortNotFound',
      message: `spec.service.targetPort: found '${port}', allowed is a number or the name of a container port of ${objectText(target)}: ${found}.`,
    },
  ];
}

/** Without `targetPort` the versions would listen elsewhere than the user's Service does now. */
function targetPortUnclear({ service, target }: ServiceParts, apex: KubeObject): Problem[] {
  const isUsers =
    apex.metadata.ownerReferences === undefined || ORIGINAL in (apex.metadata.annotations ?? {});
  const live = portsOf(apex).find(({ port }) => port === service.port);
  if (!isUsers || service.targetPort !== undefined || live === undefined) return [];
  const { targetPort = service.port } = live;
  const number = typeof targetPort === 'number' ? targetPort : numberOfPort(target, targetPort);
  if (number === undefined || number === service.port) return [];
  return [
    {
      reason: 'TargetPortUnclear',
      message: `spec.service.targetPort: not set, which means ${service.port}, but ${objectText(apex)} sends port ${service.port} to ${String(targetPort)}; set it to ${String(targetPort)}.`,
    },
  ];
}

function numberOfPort(target: KubeObject, name: unknown): number | undefined {
  const ports = listAt(target, 'spec', 'template', 'spec', 'containers').flatMap((container) =>
    listAt(container, 'ports'),
  );
  return numberAt(
    ports.find((port) => at(port, 'name') === name),
    'containerPort',
  );
}

/** A Service cannot get or lose its cluster IP. */
function headlessness({ service }: ServiceParts, version: KubeObject): Problem[] {
  const isHeadless = at(version, 'spec', 'clusterIP') === 'None';
  const hasAddress = at(version, 'spec', 'clusterIP') !== undefined;
  if (!hasAddress || isHeadless === service.headless) return [];
  return [
    {
      reason: 'HeadlessChanged',
      message: `spec.service.headless: found ${service.headless}, but ${objectText(version)} was made with ${isHeadless}, which cannot change; set it back, or delete that Service while it gets no traffic: it is made again.`,
    },
  ];
}

function nameTaken({ foreign }: Demand): Problem[] {
  if (foreign === undefined) return [];
  return [
    {
      reason: 'ServiceTaken',
      message: `${foreign}; rename it, or set spec.service.name to another name.`,
    },
  ];
}

/** Two ports of one Service cannot have one name: a user's own port may have ours. */
function portNameTaken({ name, fields }: Demand): Problem[] {
  const ports = fields.find(({ path }) => path.join('.') === 'spec.ports')?.value;
  const names = listAt(ports).map((port) => at(port, 'name'));
  const twice = names.find((one, index) => one !== undefined && names.indexOf(one) !== index);
  if (twice === undefined) return [];
  return [
    {
      reason: 'PortNameTaken',
      message: `spec.service.portName: found ${JSON.stringify(twice)}, which another port of Service ${name} has; choose another name.`,
    },
  ];
}

import type { Unit } from '../../api/counted-units.ts';
import type { Labels } from './answer.ts';
import type { Version, Watched } from './watched.ts';

/** Who says what a workload answered: its own proxy, or the waypoint before it. */
export const REPORTERS = ['destination', 'waypoint'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** Under which keys what came to a version's workloads is counted, as one reporter sees it. */
export function workloadKeys(
  unit: Unit,
  reporter: Reporter,
  of: Watched,
  version: Version,
): string[] {
  return version.workloads.map((name) => `${unit} ${reporter} ${of.namespace}/${name}`);
}

/** The same of all that is counted of them. */
export function answerKeys(reporter: Reporter, watched: Watched, version: Version): string[] {
  return watched.units.flatMap((unit) => workloadKeys(unit, reporter, watched, version));
}

/** The same of a series that the sweep fetched. */
export function workloadKey(labels: Labels): string {
  const workload = labels['destination_workload'];
  return `${unitOf(labels)} ${labels['reporter']} ${labels['destination_workload_namespace']}/${workload}`;
}

/** Whether a reporter says anything of what is counted of a version. */
export type Tells = (unit: Unit, reporter: Reporter) => boolean;

/**
 * Who is to be believed.
 * Of requests the workload's own proxy, and a waypoint only where there is none. Of connections the
 * waypoint: where there is one, ztunnel stands beside the workload, and tells less.
 */
export function believed(units: readonly Unit[], tells: Tells, tellsLately: Tells): Reporter {
  if (units.includes('requests')) {
    if (tellsLately('requests', 'destination')) return 'destination';
    if (tells('requests', 'waypoint')) return 'waypoint';
    if (tells('requests', 'destination')) return 'destination';
  }
  return tells('connections', 'waypoint') ? 'waypoint' : 'destination';
}

/** Under which keys callers' failures of a version are counted. */
export function lossKeys(unit: Unit, of: Watched, version: Version): string[] {
  return [
    ...version.workloads.map((name) => lossByWorkload(unit, of.namespace, name)),
    ...version.services.map((name) => lossByService(unit, of.namespace, name)),
  ];
}

/** A caller's proxy that had chosen no endpoint yet knows only the Service. */
export function lossKey(labels: Labels): string {
  const unit = unitOf(labels);
  const workload = labels['destination_workload'] ?? '';
  return workload === '' || workload === 'unknown'
    ? lossByService(
        unit,
        labels['destination_service_namespace'],
        labels['destination_service_name'],
      )
    : lossByWorkload(unit, labels['destination_workload_namespace'], workload);
}

/** Every key that is counted for these canaries. */
export function keysOf(watched: readonly Watched[]): Set<string> {
  return new Set(
    watched.flatMap((of) =>
      [of.canary, of.primary].flatMap((version) =>
        of.units.flatMap((unit) => [
          ...REPORTERS.flatMap((reporter) => workloadKeys(unit, reporter, of, version)),
          ...lossKeys(unit, of, version),
        ]),
      ),
    ),
  );
}

/** Our queries say of connections that they are TCP; requests may have any other protocol, or none. */
export function unitOf(labels: Labels): Unit {
  return labels['request_protocol'] === 'tcp' ? 'connections' : 'requests';
}

function lossByWorkload(unit: Unit, namespace: string | undefined, name: string): string {
  return `${unit} lost-workload ${namespace}/${name}`;
}

function lossByService(
  unit: Unit,
  namespace: string | undefined,
  name: string | undefined,
): string {
  return `${unit} lost-service ${namespace}/${name}`;
}

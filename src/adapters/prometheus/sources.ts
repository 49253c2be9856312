import type { Labels } from './answer.ts';
import type { Version, Watched } from './watched.ts';

/** Who says what a workload answered: its own proxy, or the waypoint before it. */
export const REPORTERS = ['destination', 'waypoint'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** Under which key the answers of a version's workloads are counted, as one reporter sees them. */
export function workloadKeys(reporter: Reporter, of: Watched, version: Version): string[] {
  return version.workloads.map((name) => `${reporter} ${of.namespace}/${name}`);
}

/** The same of a series that the sweep fetched. */
export function workloadKey(labels: Labels): string {
  const workload = labels['destination_workload'];
  return `${labels['reporter']} ${labels['destination_workload_namespace']}/${workload}`;
}

/** Under which keys callers' failures of a version are counted. */
export function lossKeys(of: Watched, version: Version): string[] {
  return [
    ...version.workloads.map((name) => lossByWorkload(of.namespace, name)),
    ...version.services.map((name) => lossByService(of.namespace, name)),
  ];
}

/** A caller's proxy that had chosen no endpoint yet knows only the Service. */
export function lossKey(labels: Labels): string {
  const workload = labels['destination_workload'] ?? '';
  return workload === '' || workload === 'unknown'
    ? lossByService(labels['destination_service_namespace'], labels['destination_service_name'])
    : lossByWorkload(labels['destination_workload_namespace'], workload);
}

/** Every key that is counted for these canaries. */
export function keysOf(watched: readonly Watched[]): Set<string> {
  return new Set(
    watched.flatMap((of) =>
      [of.canary, of.primary].flatMap((version) => [
        ...REPORTERS.flatMap((reporter) => workloadKeys(reporter, of, version)),
        ...lossKeys(of, version),
      ]),
    ),
  );
}

function lossByWorkload(namespace: string | undefined, name: string): string {
  return `lost-workload ${namespace}/${name}`;
}

function lossByService(namespace: string | undefined, name: string | undefined): string {
  return `lost-service ${namespace}/${name}`;
}

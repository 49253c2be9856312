import type { Canary } from '../../api/canary.ts';
import { type Unit, unitsOf } from '../../api/counted-units.ts';
import { durationMs } from '../../api/duration.ts';
import { CANARY_SUFFIX, PRIMARY_SUFFIX } from '../../api/names.ts';
import { keyOf, keyText } from '../../ports/canaries.ts';
import type { WorkloadNames } from '../../ports/telemetry.ts';

/** By what names the mesh knows one version. */
export interface Version {
  /** Workloads that answer for it, in the Canary's namespace. */
  readonly workloads: readonly string[];
  /** Services that lead to nothing else: a failure that reached no workload is known by them. */
  readonly services: readonly string[];
}

/** A canary whose counters the sweep keeps. */
export interface Watched {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly canary: Version;
  readonly primary: Version;
  /** What is counted of them. */
  readonly units: readonly Unit[];
  /** The longest window, in milliseconds, that any of its metrics looks back over; at least 60 s. */
  readonly windowMs: number;
}

/**
 * What to watch of a canary. In version mode nothing in the Canary tells the workloads: `workloads`
 * then holds those that the labels of each version select.
 */
export function watchedOf(canary: Canary, workloads?: WorkloadNames): Watched {
  const { targetRef, service, analysis } = canary.spec;
  const isVersionMode = targetRef.kind === 'VirtualService';
  const apex = service?.name ?? targetRef.name;
  const version = (names: readonly string[], suffix: string): Version => ({
    workloads: names,
    services: isVersionMode || workloads !== undefined ? [] : [apex + suffix],
  });
  const known = workloads ?? {
    canary: isVersionMode ? [] : [targetRef.name],
    primary: isVersionMode ? [] : [targetRef.name + PRIMARY_SUFFIX],
  };
  return {
    key: keyText(keyOf(canary)),
    namespace: canary.metadata.namespace,
    canary: version(known.canary, CANARY_SUFFIX),
    primary: version(known.primary, PRIMARY_SUFFIX),
    units: unitsOf(canary.spec),
    windowMs: Math.max(60_000, ...analysis.metrics.map(({ interval }) => durationMs(interval))),
  };
}

/** A version as people call it: by its Service, or else by its workloads. */
export function nameOf({ services, workloads }: Version): string {
  return services[0] ?? (workloads.join(', ') || 'a version without workloads');
}

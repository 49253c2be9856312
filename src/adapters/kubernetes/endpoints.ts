import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import { ENDPOINT_SLICE } from '../../ports/kinds.ts';
import { at, listAt, textAt } from './json.ts';

/** The pods behind a Service, by UID. */
export interface Endpoints {
  /** Those that get traffic. */
  readonly ready: ReadonlySet<string>;
  readonly all: ReadonlySet<string>;
}

export const NO_ENDPOINTS: Endpoints = { ready: new Set(), all: new Set() };

/**
 * The endpoints of several Services of a namespace, by their names, with one question. A pod counts
 * once, however many slices (address families) it is in.
 */
export async function endpointsOf(
  reader: ClusterReader,
  namespace: string,
  services: readonly string[],
): Promise<ReadonlyMap<string, Endpoints>> {
  if (services.length === 0) return new Map();
  const labelSelector = `${SERVICE_NAME} in (${services.join(',')})`;
  const slices = await reader.list(ENDPOINT_SLICE, { namespace, labelSelector });
  const isOf = (service: string) => (slice: KubeObject) =>
    slice.metadata.labels?.[SERVICE_NAME] === service;
  return new Map(services.map((service) => [service, endpointsIn(slices.filter(isOf(service)))]));
}

const SERVICE_NAME = 'kubernetes.io/service-name';

function endpointsIn(slices: readonly KubeObject[]): Endpoints {
  const endpoints = slices.flatMap((slice) => listAt(slice, 'endpoints'));
  return {
    ready: new Set(endpoints.filter(isReady).map(podOf)),
    all: new Set(endpoints.map(podOf)),
  };
}

/** Whose pods get the traffic of a Service; a pod of neither version makes it `mixed`. */
export function whoServes(
  { ready }: Endpoints,
  primary: Endpoints,
  target: Endpoints,
): 'primary' | 'target' | 'mixed' | 'nobody' {
  if (ready.size === 0) return 'nobody';
  if ([...ready].every((pod) => primary.all.has(pod))) return 'primary';
  if ([...ready].every((pod) => target.all.has(pod))) return 'target';
  return 'mixed';
}

/** An unset condition means ready (EndpointSlice API). */
function isReady(endpoint: unknown): boolean {
  return at(endpoint, 'conditions', 'ready') !== false;
}

function podOf(endpoint: unknown): string {
  return (
    textAt(endpoint, 'targetRef', 'uid') ??
    textAt(endpoint, 'targetRef', 'name') ??
    String(listAt(endpoint, 'addresses')[0])
  );
}

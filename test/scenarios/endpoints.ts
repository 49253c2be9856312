import type { KubeObject } from '../../src/ports/cluster.ts';
import { ENDPOINT_SLICE } from '../../src/ports/kinds.ts';
import type { Play, Seen } from './play.ts';

interface EndpointSlice extends KubeObject {
  endpoints: { conditions: { ready?: boolean } }[] | null;
}

/** Resolves when a Service has as many ready endpoints, or more. */
export async function untilServed(play: Play, service: string, atLeast = 1): Promise<void> {
  await play.untilObjects<EndpointSlice>(
    ENDPOINT_SLICE,
    (slices) => sum(slices.filter((slice) => isOf(slice, service)).map(readyIn)) >= atLeast,
  );
}

/** Counts the ready endpoints of a Service at each change of them from now on; begin when it has some. */
export async function recordServed(play: Play, service: string) {
  const before = await play.stage.api.list<EndpointSlice>(play.path(ENDPOINT_SLICE));
  const recording = await play.record<EndpointSlice>(ENDPOINT_SLICE);
  return {
    async stop(): Promise<number[]> {
      return countsOf(before, await recording.stop(), service);
    },
  };
}

function countsOf(
  before: readonly EndpointSlice[],
  seen: readonly Seen<EndpointSlice>[],
  service: string,
): number[] {
  const ready = new Map<string, number>();
  for (const slice of before) {
    if (isOf(slice, service)) ready.set(slice.metadata.name, readyIn(slice));
  }
  const counts = [sum([...ready.values()])];
  for (const { object, isGone } of seen) {
    if (!isOf(object, service)) continue;
    ready.set(object.metadata.name, isGone ? 0 : readyIn(object));
    counts.push(sum([...ready.values()]));
  }
  return counts;
}

function isOf({ metadata }: KubeObject, service: string): boolean {
  return metadata.labels?.['kubernetes.io/service-name'] === service;
}

function readyIn({ endpoints }: EndpointSlice): number {
  return (endpoints ?? []).filter(({ conditions }) => conditions.ready === true).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all + n, 0);
}

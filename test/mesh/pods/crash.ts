import type { TestContext } from 'vitest';
import { request } from 'undici';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import { states } from '../../cluster/kube/waiting.ts';
import type { Play } from '../../scenarios/play.ts';

interface Pod extends KubeObject {
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Ends the processes of all ready pods of a workload, now and whenever they start again. */
export async function crashPods(play: Play, workload: string): Promise<number> {
  const pods = await play.stage.api.list<Pod>(podsOf(play, workload));
  const hit = pods.filter((pod) => isReady(pod));
  await Promise.all(hit.map((pod) => crash(pod)));
  return hit.length;
}

/** The same, and of all pods that become ready later; `crashedAt` grows with each. */
export function keepCrashing(play: Play, workload: string, { onTestFinished }: TestContext) {
  const crashedAt: number[] = [];
  const stopped = new AbortController();
  onTestFinished(() => stopped.abort());
  const loop = (async () => {
    const path = podsOf(play, workload);
    for await (const pods of states<Pod>(play.stage.api, path, stopped.signal)) {
      const ready = pods.filter((pod) => isReady(pod));
      if (ready.length > 0) crashedAt.push(Date.now());
      await Promise.all(ready.map((pod) => crash(pod)));
    }
  })();
  loop.catch(() => undefined);
  return { crashedAt };
}

function podsOf({ namespace }: Play, workload: string): string {
  return `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${workload}`;
}

/** The process ends before it can answer. */
async function crash({ status }: Pod): Promise<void> {
  await request(`http://${status?.podIP}:8080/crash`).catch(() => undefined);
}

function isReady({ status, metadata }: Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && metadata.deletionTimestamp === undefined;
}

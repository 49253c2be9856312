import { request } from 'undici';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import type { Play } from '../../scenarios/play.ts';

interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status?: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Ends the processes of all ready pods of a workload that run the image, now and whenever they start again. */
export async function crashPods(play: Play, workload: string, image: string): Promise<number> {
  const path = `/api/v1/namespaces/${play.namespace}/pods`;
  const pods = await play.stage.api.list<Pod>(`${path}?labelSelector=app%3D${workload}`);
  const hit = pods.filter((pod) => isReady(pod) && pod.spec.containers[0]?.image === image);
  await Promise.all(hit.map((pod) => crash(pod)));
  return hit.length;
}

/** The process ends before it can answer. */
async function crash({ status }: Pod): Promise<void> {
  await request(`http://${status?.podIP}:8080/crash`).catch(() => undefined);
}

function isReady({ status, metadata }: Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && metadata.deletionTimestamp === undefined;
}

import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import { POD } from '../../ports/kinds.ts';
import { at, isMap, listAt, textAt, textsAt } from './json.ts';

/**
 * What the pods of a Deployment themselves say is wrong, one sentence, of the youngest pod that
 * complains; undefined when none does.
 */
export async function podTrouble(
  deployment: KubeObject,
  reader: ClusterReader,
): Promise<string | undefined> {
  const { namespace } = deployment.metadata;
  const labels = Object.entries(textsAt(deployment, 'spec', 'selector', 'matchLabels'));
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  const pods = await reader.list(POD, {
    ...(namespace !== undefined && { namespace }),
    labelSelector,
  });
  const youngestFirst = [...pods].toSorted((a, b) => (bornAt(a) < bornAt(b) ? 1 : -1));
  return youngestFirst.map(complaint).find((text) => text !== undefined);
}

function bornAt({ metadata }: KubeObject): string {
  return metadata.creationTimestamp ?? '';
}

function complaint(pod: KubeObject): string | undefined {
  const text = containerComplaint(pod) ?? schedulingComplaint(pod);
  return text && `Pod ${pod.metadata.name}: ${text}`.slice(0, LONGEST);
}

/** Messages of kubelets can be pages long; this goes into a sentence. */
const LONGEST = 300;

function containerComplaint(pod: KubeObject): string | undefined {
  const statuses = [
    ...listAt(pod, 'status', 'initContainerStatuses'),
    ...listAt(pod, 'status', 'containerStatuses'),
  ];
  for (const status of statuses) {
    const waiting = at(status, 'state', 'waiting');
    const reason = textAt(waiting, 'reason');
    if (reason === undefined || USUAL.has(reason)) continue;
    return sentence(`container ${textAt(status, 'name')}`, reason, textAt(waiting, 'message'));
  }
  return undefined;
}

/** Reasons of every pod that starts. */
const USUAL: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function schedulingComplaint(pod: KubeObject): string | undefined {
  const condition = listAt(pod, 'status', 'conditions')
    .filter(isMap)
    .find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (condition === undefined) return undefined;
  return sentence(
    'it',
    textAt(condition, 'reason') ?? 'not scheduled',
    textAt(condition, 'message'),
  );
}

function sentence(who: string, reason: string, message: string | undefined): string {
  return message === undefined ? `${who}: ${reason}` : `${who}: ${reason}: ${message}`;
}

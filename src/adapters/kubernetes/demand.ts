import { FENCE } from '../../api/annotations.ts';
import { judge, stampOf, withStamp, worstOf } from '../../api/fence.ts';
import {
  ClusterError,
  type ApiClient,
  type KubeObject,
  type ResourceKind,
} from '../../ports/cluster.ts';
import type { ObjectSeen } from '../../ports/intent.ts';
import { differenceText, differing, owned, patchOf, type OwnedField } from './owned-fields.ts';

/**
 * What one object in the cluster must be. The same demand is compared when observing and carried
 * out when acting, so that the two cannot disagree.
 */
export interface Demand {
  readonly kind: ResourceKind;
  readonly name: string;
  /** As it was observed. */
  readonly live: KubeObject | undefined;
  readonly fields: readonly OwnedField[];
  /** The whole object, where one that is missing is to be made. */
  readonly made?: KubeObject;
  /** Whose object stands there: it is not written. */
  readonly foreign?: string | undefined;
  /** Why it cannot be written now, although it differs. */
  readonly blocked?: string | undefined;
}

/** How the object conforms under this fence (ports/intent.ts). */
export function compare(demand: Demand, fence: number | undefined): ObjectSeen {
  const { kind, name, live, foreign, blocked } = demand;
  if (live === undefined) return absent(demand);
  const stamp = stampOf(live);
  const seen = { stamp: stamp ?? 0 };
  if (foreign !== undefined) return { ...seen, conformity: 'foreign', detail: foreign };
  const different = differing(live, demand.fields);
  const conformity = judge(different.length === 0, stamp, fence);
  if (different.length === 0) return { ...seen, conformity };
  const what = blocked ?? different.map((field) => differenceText(live, field)).join(', ');
  return { ...seen, conformity, detail: `${kind.kind} ${name}: ${what}` };
}

function absent({ kind, name, made, blocked }: Demand): ObjectSeen {
  if (blocked !== undefined) {
    return { conformity: 'missing', stamp: 0, detail: `${kind.kind} ${name}: ${blocked}` };
  }
  if (made === undefined) return { conformity: 'unneeded', stamp: 0 };
  return { conformity: 'missing', stamp: 0, detail: `${kind.kind} ${name} does not exist` };
}

/** Several objects under one fence. */
export function compareAll(demands: readonly Demand[], fence: number | undefined): ObjectSeen {
  return worstOf(demands.map((demand) => compare(demand, fence)));
}

/** An object that the intent does not speak of. */
export function unneeded(live: KubeObject | undefined): ObjectSeen {
  return { conformity: 'unneeded', stamp: (live && stampOf(live)) ?? 0 };
}

/**
 * Writes the objects that do not conform, in the given order, each with the fence's stamp and the
 * resourceVersion that was observed. Rejects with a 409 `Conflict` when any of them was written
 * since, or carries a higher stamp: then nothing is written.
 */
export async function carryOut(
  api: ApiClient,
  demands: readonly Demand[],
  fence: number | undefined,
): Promise<void> {
  const compared = demands.map((demand) => ({ demand, seen: compare(demand, fence) }));
  const ahead = compared.find(({ seen }) => seen.conformity === 'ahead');
  if (ahead !== undefined) throw staleness(ahead.demand, ahead.seen.stamp, fence);
  for (const { demand, seen } of compared) await write(api, demand, seen, fence ?? 0);
}

async function write(
  api: ApiClient,
  demand: Demand,
  { conformity }: ObjectSeen,
  fence: number,
): Promise<void> {
  if (demand.blocked !== undefined) return;
  if (conformity === 'missing') await create(api, demand, fence);
  if (conformity === 'differs' || conformity === 'unstamped') await update(api, demand, fence);
}

async function update(
  api: ApiClient,
  { kind, live, fields }: Demand,
  fence: number,
): Promise<void> {
  if (live === undefined) return;
  const stamp = owned(String(fence), 'metadata', 'annotations', FENCE);
  const body = patchOf(live, differing(live, [...fields, stamp]));
  await api.patch(kind, live.metadata.namespace, live.metadata.name, 'json', body);
}

async function create(api: ApiClient, { kind, made }: Demand, fence: number): Promise<void> {
  if (made === undefined) return;
  const annotations = withStamp(made.metadata.annotations, fence);
  try {
    await api.create(kind, { ...made, metadata: { ...made.metadata, annotations } });
  } catch (error) {
    throw isAlreadyThere(error)
      ? conflict(`${kind.kind} ${made.metadata.name} was created by somebody else`, error)
      : error;
  }
}

export function isAlreadyThere(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 409 && error.reason === 'AlreadyExists';
}

/** What makes a reconcile start again from fresh state. */
export function conflict(message: string, cause?: unknown): ClusterError {
  return new ClusterError(message, { code: 409, reason: 'Conflict', cause });
}

function staleness({ kind, name }: Demand, stamp: number, fence = 0): ClusterError {
  return conflict(
    `${kind.kind} ${name} carries stamp ${stamp}, this plan has only reached ${fence}: it is stale`,
  );
}

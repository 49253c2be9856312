import { TAKEN_UP } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import {
  ClusterError,
  type ApiClient,
  type KubeObject,
  type ResourceKind,
} from '../../ports/cluster.ts';
import { conflict } from './demand.ts';
import { textAt } from './json.ts';
import { isAdoptable, ownershipFields, whoseText } from './ownership.ts';
import { differing, owned, patchOf } from './owned-fields.ts';

/**
 * Takes up a pinned object that is there already. One that an earlier Canary of this name left behind
 * becomes ours: it would be collected with its owner. One that the stored plan does not name
 * (`isNamed`) gets a new version, so that no replica removes it that saw it unnamed before. Rejects
 * when it belongs to somebody else, whose name it happens to have.
 */
export async function takeUp(
  api: ApiClient,
  kind: ResourceKind,
  object: KubeObject,
  canary: Canary,
  isNamed: boolean,
): Promise<void> {
  const { namespace, name } = object.metadata;
  if (!isAdoptable(object, canary)) {
    throw new ClusterError(`${whoseText(object)}; remove it: its name is that of a pinned object`, {
      code: 422,
      reason: 'NameTaken',
    });
  }
  const times = Number(textAt(object, 'metadata', 'annotations', TAKEN_UP) ?? 0) + 1;
  const again = owned(String(times), 'metadata', 'annotations', TAKEN_UP);
  const fields = [...ownershipFields(object, canary), ...(isNamed ? [] : [again])];
  const wrong = differing(object, fields);
  if (wrong.length === 0) return;
  await api.patch(kind, namespace, name, 'json', patchOf(object, wrong)).catch((error: unknown) => {
    const isGone = error instanceof ClusterError && error.code === 404;
    throw isGone ? conflict(`${kind.kind} ${name} has just been removed`, error) : error;
  });
}

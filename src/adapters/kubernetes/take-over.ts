import type { Canary } from '../../api/canary.ts';
import {
  ClusterError,
  type ApiClient,
  type KubeObject,
  type ResourceKind,
} from '../../ports/cluster.ts';
import { isAdoptable, isOwned, ownershipFields, whoseText } from './ownership.ts';
import { differing, patchOf } from './owned-fields.ts';

/**
 * Makes a pinned object that an earlier Canary of this name left behind ours: it would be collected
 * with its owner. Rejects when it belongs to somebody else, whose name it happens to have.
 */
export async function takeOver(
  api: ApiClient,
  kind: ResourceKind,
  object: KubeObject,
  canary: Canary,
): Promise<void> {
  if (isOwned(object, canary)) return;
  if (!isAdoptable(object, canary)) {
    throw new ClusterError(`${whoseText(object)}; remove it: its name is that of a pinned object`, {
      code: 422,
      reason: 'NameTaken',
    });
  }
  const body = patchOf(object, differing(object, ownershipFields(object, canary)));
  await api.patch(kind, object.metadata.namespace, object.metadata.name, 'json', body);
}

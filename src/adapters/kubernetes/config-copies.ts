import { CANARY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { ClusterError, type ApiClient, type KubeObject } from '../../ports/cluster.ts';
import { apiVersionOf } from '../../ports/kinds.ts';
import { configKey, type ConfigRef } from './config-refs.ts';
import { CONFIG_KINDS, checksumOf, type Configs } from './configs.ts';
import { conflict, isAlreadyThere } from './demand.ts';
import { fingerprint } from './fingerprint.ts';
import {
  isAdoptable,
  isOwned,
  ownerReference,
  ownershipFields,
  pinLabels,
  whoseText,
} from './ownership.ts';
import { differing, patchOf } from './owned-fields.ts';

type Ref = Pick<ConfigRef, 'kind' | 'name'>;

/**
 * Name of the immutable copy of a config: by content, and by Canary, so that each Canary's copies
 * live and die with it even where several use the same config.
 */
export function copyName(canary: Canary, { name }: Ref, checksum: string): string {
  return `${name.slice(0, 244)}-${fingerprint([canary.metadata.name, checksum], 8)}`;
}

/** The configs of a pinned revision, from `configmap/name` -> checksum. */
export function pinnedRefs(
  configs: Readonly<Record<string, string>>,
): (Ref & { checksum: string })[] {
  return Object.entries(configs).map(([key, checksum]) => ({
    kind: key.startsWith('secret/') ? 'secret' : 'configmap',
    name: key.slice(key.indexOf('/') + 1),
    checksum,
  }));
}

/**
 * Makes sure that a config with this checksum is kept in a copy. Rejects with a 409 `Conflict` when
 * the config has changed since the checksum was taken and no copy was made in time.
 */
export async function keepCopy(
  api: ApiClient,
  configs: Configs,
  canary: Canary,
  ref: Ref & { checksum: string },
): Promise<void> {
  const { namespace } = canary.metadata;
  const name = copyName(canary, ref, ref.checksum);
  const existing = await api.get(CONFIG_KINDS[ref.kind], namespace, name);
  if (existing !== undefined) return takeOver(api, existing, canary, ref);
  const source = await configs.read(namespace, ref);
  if (source === undefined || checksumOf(source) !== ref.checksum) {
    throw conflict(`${configKey(ref)} changed while it was being pinned`);
  }
  await api
    .create(CONFIG_KINDS[ref.kind], copyOf(source, name, canary, ref))
    .catch((error: unknown) => {
      // Another replica pins the same revision: the name says that it is the same content.
      if (!isAlreadyThere(error)) throw error;
    });
}

function copyOf(source: KubeObject, name: string, canary: Canary, { kind }: Ref): KubeObject {
  const { type, data, binaryData } = source;
  return {
    apiVersion: apiVersionOf(CONFIG_KINDS[kind]),
    kind: CONFIG_KINDS[kind].kind,
    metadata: {
      name,
      namespace: canary.metadata.namespace,
      labels: pinLabels(canary),
      annotations: { [CANARY]: canary.metadata.name },
      ownerReferences: [ownerReference(canary)],
    },
    immutable: true,
    ...(type !== undefined && { type }),
    ...(data !== undefined && { data }),
    ...(binaryData !== undefined && { binaryData }),
  };
}

/** A copy that an earlier Canary of this name left behind would be collected with its owner. */
async function takeOver(
  api: ApiClient,
  copy: KubeObject,
  canary: Canary,
  { kind, checksum }: Ref & { checksum: string },
): Promise<void> {
  if (!isAdoptable(copy, canary) || checksumOf(copy) !== checksum) {
    throw new ClusterError(`${whoseText(copy)}; remove it: its name is that of a pinned copy`, {
      code: 422,
      reason: 'NameTaken',
    });
  }
  if (isOwned(copy, canary)) return;
  const body = patchOf(copy, differing(copy, ownershipFields(copy, canary)));
  await api.patch(CONFIG_KINDS[kind], copy.metadata.namespace, copy.metadata.name, 'json', body);
}

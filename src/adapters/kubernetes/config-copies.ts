import { CANARY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import type { ApiClient, KubeObject } from '../../ports/cluster.ts';
import { apiVersionOf } from '../../ports/kinds.ts';
import { configKey, type ConfigRef } from './config-refs.ts';
import { CONFIG_KINDS, checksumOf, type Configs } from './configs.ts';
import { conflict, isAlreadyThere } from './demand.ts';
import { fingerprint } from './fingerprint.ts';
import { ownerReference, pinLabels } from './ownership.ts';
import { takeUp } from './take-up.ts';

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
 * Makes sure that a config with this checksum is kept in a copy; `named` are the copies that the
 * stored plan names. Rejects with a 409 `Conflict` when the config has changed since the checksum was
 * taken and no copy was made in time.
 */
export async function keepCopy(
  api: ApiClient,
  configs: Configs,
  canary: Canary,
  ref: Ref & { checksum: string },
  named: ReadonlySet<string>,
): Promise<void> {
  if (await takeUpCopy(api, canary, ref, named)) return;
  const { namespace } = canary.metadata;
  const kind = CONFIG_KINDS[ref.kind];
  const name = copyName(canary, ref, ref.checksum);
  const source = await configs.read(namespace, ref);
  if (source === undefined || checksumOf(source) !== ref.checksum) {
    throw conflict(`${configKey(ref)} changed while it was being pinned`);
  }
  try {
    await api.create(kind, copyOf(source, name, canary, ref));
  } catch (error) {
    // Another replica pins the same revision, and has only just made it.
    if (!isAlreadyThere(error)) throw error;
  }
}

/** Whether there is a copy; it stays. The name says what is in it, and being immutable, it stays in it. */
export async function takeUpCopy(
  api: ApiClient,
  canary: Canary,
  ref: Ref & { checksum: string },
  named: ReadonlySet<string>,
): Promise<boolean> {
  const kind = CONFIG_KINDS[ref.kind];
  const name = copyName(canary, ref, ref.checksum);
  const copy = await api.get(kind, canary.metadata.namespace, name);
  if (copy === undefined) return false;
  await takeUp(api, kind, copy, canary, named.has(name));
  return true;
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

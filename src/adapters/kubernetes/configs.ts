import { GROUP } from '../../api/group.ts';
import type { ApiClient, ClusterReader, KubeObject, ResourceKind } from '../../ports/cluster.ts';
import { CONFIG_MAP, SECRET } from '../../ports/kinds.ts';
import { configKey, configRefs, type ConfigKind, type ConfigRef } from './config-refs.ts';
import { templateOf } from './deployment.ts';
import { fingerprint } from './fingerprint.ts';
import { Recent } from './recent.ts';

export const CONFIG_KINDS: Readonly<Record<ConfigKind, ResourceKind>> = {
  configmap: CONFIG_MAP,
  secret: SECRET,
};

/**
 * Checksums of the ConfigMaps and Secrets that a workload uses. Whether one changed is told by the
 * metadata that the reader has; its content is read live, and only then. Only "not found" means
 * that one is missing: any other error rejects, so that bad weather never looks like a change.
 */
export class Configs {
  readonly #api: ApiClient;
  /** By namespace, kind and name. */
  readonly #known = new Recent<Version & { readonly checksum: string | undefined }>();
  /** The target for which a live read has confirmed that a config does not exist. */
  readonly #missing = new Recent<string>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /**
   * `configmap/name` -> checksum of what the workload's template mentions, exists and is tracked.
   * No requests while neither the workload nor any config has changed.
   */
  async checksums(workload: KubeObject, reader: ClusterReader): Promise<Record<string, string>> {
    const refs = configRefs(templateOf(workload));
    const entries = await Promise.all(
      refs.map(
        async (ref) => [configKey(ref), await this.#checksum(workload, ref, reader)] as const,
      ),
    );
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
  }

  /** Live, with its content. */
  async read(
    namespace: string | undefined,
    ref: Pick<ConfigRef, 'kind' | 'name'>,
  ): Promise<KubeObject | undefined> {
    return this.#api.get(CONFIG_KINDS[ref.kind], namespace, ref.name);
  }

  async #checksum(
    workload: KubeObject,
    ref: ConfigRef,
    reader: ClusterReader,
  ): Promise<string | undefined> {
    const { namespace } = workload.metadata;
    const id = `${namespace}/${configKey(ref)}`;
    const seen = await reader.get(CONFIG_KINDS[ref.kind], namespace, ref.name);
    if (seen === undefined && this.#missing.get(id) === versionText(workload)) return undefined;
    if (seen !== undefined && !isTracked(seen)) return undefined;
    const known = this.#known.get(id);
    if (seen !== undefined && known !== undefined && isSameVersion(seen, known)) {
      return known.checksum;
    }
    const live = seen !== undefined && hasContent(seen) ? seen : await this.read(namespace, ref);
    return live === undefined ? this.#rememberMissing(id, workload) : this.#remember(id, live);
  }

  #remember(id: string, live: KubeObject): string | undefined {
    this.#missing.delete(id);
    const checksum = isTracked(live) && live['type'] !== TOKEN ? checksumOf(live) : undefined;
    this.#known.set(id, { ...versionOf(live), checksum });
    return checksum;
  }

  /** The reader may lag behind a config that was made together with the workload: hence once, live. */
  #rememberMissing(id: string, workload: KubeObject): undefined {
    this.#known.delete(id);
    this.#missing.set(id, versionText(workload));
  }
}

/** Checksum of the content alone; names and metadata do not count. */
export function checksumOf({ data, binaryData }: KubeObject): string {
  return fingerprint([data ?? {}, binaryData ?? {}], 16);
}

/** A live reader answers whole objects; a watch of metadata does not have this field. */
function hasContent(object: KubeObject): boolean {
  return object['data'] !== undefined || object['binaryData'] !== undefined;
}

interface Version {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

function versionOf({ metadata: { uid, resourceVersion } }: KubeObject): Version {
  return { uid, resourceVersion };
}

function isSameVersion(object: KubeObject, known: Version): boolean {
  const { uid, resourceVersion } = versionOf(object);
  return uid === known.uid && resourceVersion === known.resourceVersion;
}

/** Changes with the template, not with the workload's status. */
function versionText({ metadata: { uid, generation } }: KubeObject): string {
  return `${uid}/${generation}`;
}

/** Bound to a ServiceAccount by the API server, which fills and renews it: it cannot be copied. */
const TOKEN = 'kubernetes.io/service-account-token';

function isTracked({ metadata }: KubeObject): boolean {
  return TRACKING.every((annotation) => metadata.annotations?.[annotation] !== 'disabled');
}

const TRACKING = ['flagger.app/config-tracking', `${GROUP}/config-tracking`];

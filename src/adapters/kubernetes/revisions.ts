import { CANARY, REVISION } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import type { ApiClient, ClusterReader, KubeObject, ResourceKind } from '../../ports/cluster.ts';
import { apiVersionOf, CONFIG_MAP, CONTROLLER_REVISION, SECRET } from '../../ports/kinds.ts';
import { configRefs } from './config-refs.ts';
import { copyName, keepCopy, pinnedRefs } from './config-copies.ts';
import type { Configs } from './configs.ts';
import { isAlreadyThere } from './demand.ts';
import type { Template } from './deployment.ts';
import { fingerprint, fingerprintOnce } from './fingerprint.ts';
import { at, mapAt, textsAt } from './json.ts';
import { isOwned, ownerReference, pinLabels, pinSelector } from './ownership.ts';
import { Recent } from './recent.ts';
import { takeOver } from './take-over.ts';

/** What a revision is: a raw pod template, and the checksums of the configs that it uses. */
export interface Pinned {
  readonly template: Template;
  /** `configmap/name` -> checksum. */
  readonly configs: Readonly<Record<string, string>>;
  /** The template is the primary's, taken over from elsewhere, and not the target's. */
  readonly ofPrimary?: boolean;
}

/** The name of what a workload is now. It only names: equality is told by content. */
export function revisionName({ template, configs }: Pinned): string {
  return fingerprint([fingerprintOnce(template), configs], 10);
}

/**
 * Revisions pinned in ControllerRevisions, which the API server keeps from changing, and their
 * configs in immutable copies. All of them belong to the Canary and go with it.
 */
export class Revisions {
  readonly #api: ApiClient;
  readonly #configs: Configs;
  /** By the Canary's UID and revision; they never change. */
  readonly #known = new Recent<Pinned>();

  constructor(api: ApiClient, configs: Configs) {
    this.#api = api;
    this.#configs = configs;
  }

  async read(
    canary: Canary,
    revision: string,
    reader: Pick<ClusterReader, 'get'> = this.#api,
  ): Promise<Pinned | undefined> {
    const { uid, namespace } = canary.metadata;
    const known = this.#known.get(`${uid}/${revision}`);
    if (known !== undefined) return known;
    const object = await reader.get(CONTROLLER_REVISION, namespace, objectName(canary, revision));
    return object && this.#known.set(`${uid}/${revision}`, pinnedIn(object));
  }

  /** Idempotent. Rejects with a 409 `Conflict` when a config has changed meanwhile. */
  async pin(canary: Canary, revision: string, pinned: Pinned): Promise<void> {
    const copies = pinnedRefs(pinned.configs);
    await Promise.all(copies.map((ref) => keepCopy(this.#api, this.#configs, canary, ref)));
    try {
      await this.#api.create(CONTROLLER_REVISION, revisionObject(canary, revision, pinned));
      this.#known.set(`${canary.metadata.uid}/${revision}`, pinned);
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      const { namespace } = canary.metadata;
      const name = objectName(canary, revision);
      const object = await this.#api.get(CONTROLLER_REVISION, namespace, name);
      if (object !== undefined) await takeOver(this.#api, CONTROLLER_REVISION, object, canary);
    }
  }

  /**
   * Removes what was pinned for the Canary, save the named revisions and the copies that `inUse`,
   * the primary's template, mentions. Without requests when `cached`, the local store, has nothing
   * to remove; what it has not heard of yet goes the next time.
   */
  async prune(
    canary: Canary,
    keep: readonly string[],
    inUse: (reader: Pick<ClusterReader, 'get'>) => Promise<Template>,
    cached: ClusterReader,
  ): Promise<void> {
    const revisions = new Set(keep.map((revision) => objectName(canary, revision)));
    await this.#remove(await pinnedBut(CONTROLLER_REVISION, canary, revisions, cached));
    const copies = await this.#copiesOf(canary, keep);
    for (const reader of [cached, this.#api]) {
      for (const { name } of configRefs(await inUse(reader))) copies.add(name);
      const superfluous = [
        ...(await pinnedBut(CONFIG_MAP, canary, copies, cached)),
        ...(await pinnedBut(SECRET, canary, copies, cached)),
      ];
      if (superfluous.length === 0) return;
      // What the primary uses is told live before anything is taken away.
      if (reader === this.#api) await this.#remove(superfluous);
    }
  }

  async #copiesOf(canary: Canary, revisions: readonly string[]): Promise<Set<string>> {
    const pinned = await Promise.all(revisions.map((revision) => this.read(canary, revision)));
    const refs = pinned.flatMap((one) => (one === undefined ? [] : pinnedRefs(one.configs)));
    return new Set(refs.map((ref) => copyName(canary, ref, ref.checksum)));
  }

  async #remove(pinned: readonly PinnedObject[]): Promise<void> {
    for (const { kind, object } of pinned) {
      const { namespace, name, uid } = object.metadata;
      await this.#api.delete(kind, namespace, name, uid === undefined ? {} : { uid });
    }
  }
}

interface PinnedObject {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
}

/** What is pinned of a kind for the Canary, but for these names. */
async function pinnedBut(
  kind: ResourceKind,
  canary: Canary,
  names: ReadonlySet<string>,
  reader: Pick<ClusterReader, 'list'>,
): Promise<PinnedObject[]> {
  const { namespace } = canary.metadata;
  const objects = await reader.list(kind, { namespace, labelSelector: pinSelector(canary) });
  return objects
    .filter((object) => isOwned(object, canary) && !names.has(object.metadata.name))
    .map((object) => ({ kind, object }));
}

function objectName(canary: Canary, revision: string): string {
  return `${canary.metadata.name.slice(0, 240)}-${revision}`;
}

function revisionObject(canary: Canary, revision: string, pinned: Pinned): KubeObject {
  const { name, namespace } = canary.metadata;
  return {
    apiVersion: apiVersionOf(CONTROLLER_REVISION),
    kind: CONTROLLER_REVISION.kind,
    metadata: {
      name: objectName(canary, revision),
      namespace,
      labels: pinLabels(canary),
      annotations: { [CANARY]: name, [REVISION]: revision },
      ownerReferences: [ownerReference(canary)],
    },
    revision: 1,
    data: { ...pinned },
  };
}

function pinnedIn(object: KubeObject): Pinned {
  return {
    template: mapAt(object, 'data', 'template'),
    configs: textsAt(object, 'data', 'configs'),
    ofPrimary: at(object, 'data', 'ofPrimary') === true,
  };
}

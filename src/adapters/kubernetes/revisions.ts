import { CANARY, REVISION } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import {
  type ApiClient,
  type ClusterReader,
  isConflict,
  type KubeObject,
  type ResourceKind,
} from '../../ports/cluster.ts';
import { apiVersionOf, CONFIG_MAP, CONTROLLER_REVISION, SECRET } from '../../ports/kinds.ts';
import type { Pin } from '../../ports/workload.ts';
import { configRefs } from './config-refs.ts';
import { copyName, keepCopy, pinnedRefs, takeUpCopy } from './config-copies.ts';
import type { Configs } from './configs.ts';
import { conflict, isAlreadyThere } from './demand.ts';
import type { Template } from './deployment.ts';
import { fingerprint, fingerprintOnce } from './fingerprint.ts';
import { at, mapAt, textsAt } from './json.ts';
import { isOwned, ownerReference, pinLabels, pinSelector } from './ownership.ts';
import { Recent } from './recent.ts';
import { takeUp } from './take-up.ts';

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

  /**
   * Idempotent. Rejects with a 409 `Conflict` when a config has changed meanwhile. What is there but
   * not named by the stored plan is taken up: see `unnamed`.
   */
  async pin(canary: Canary, revision: string, pinned: Pinned): Promise<void> {
    const named = await this.#copiesOf(canary, namedBy(canary.status));
    const copies = pinnedRefs(pinned.configs);
    await Promise.all(copies.map((ref) => keepCopy(this.#api, this.#configs, canary, ref, named)));
    try {
      await this.#api.create(CONTROLLER_REVISION, revisionObject(canary, revision, pinned));
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      if (!(await this.#takeUp(canary, revision))) {
        throw conflict(`revision ${revision} was removed while it was being pinned`);
      }
    }
    this.#known.set(`${canary.metadata.uid}/${revision}`, pinned);
  }

  /** Whether the revision is pinned already; it stays so, with its configs. */
  async renew(canary: Canary, revision: string): Promise<boolean> {
    const pinned = await this.#takeUp(canary, revision);
    if (pinned === undefined) return false;
    const named = await this.#copiesOf(canary, namedBy(canary.status));
    const copies = pinnedRefs(pinned.configs);
    await Promise.all(copies.map((ref) => takeUpCopy(this.#api, canary, ref, named)));
    return true;
  }

  /**
   * What is pinned for the Canary save what the plan `status` names and the copies that `inUse`, the
   * primary's template, mentions: of that which the reader, the local store, has heard of.
   */
  async unnamed(
    canary: Canary,
    status: CanaryStatus,
    inUse: Template,
    reader: ClusterReader,
  ): Promise<readonly Pin[]> {
    const names = namedBy(status);
    const revisions = new Set(names.map((revision) => objectName(canary, revision)));
    const old = await pinsBut(CONTROLLER_REVISION, canary, revisions, reader);
    const mentioned = new Set(configRefs(inUse).map(({ name }) => name));
    const copies = [
      ...(await pinsBut(CONFIG_MAP, canary, mentioned, reader)),
      ...(await pinsBut(SECRET, canary, mentioned, reader)),
    ];
    if (copies.length === 0) return old;
    const named = await this.#copiesOf(canary, names);
    return [...old, ...copies.filter(({ name }) => !named.has(name))];
  }

  /** Removes what has the version in which it was seen, and what `inUse` does not mention. */
  async remove(canary: Canary, pins: readonly Pin[], inUse: Template): Promise<void> {
    const { namespace } = canary.metadata;
    const mentioned = new Set(configRefs(inUse).map(({ name }) => name));
    for (const { kind, name, uid, resourceVersion } of pins) {
      if (mentioned.has(name)) continue;
      const seen = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
      await this.#api.delete(kind, namespace, name, seen).catch((error: unknown) => {
        // Somebody has taken it up meanwhile.
        if (!isConflict(error)) throw error;
      });
    }
  }

  async #takeUp(canary: Canary, revision: string): Promise<Pinned | undefined> {
    const { namespace } = canary.metadata;
    const name = objectName(canary, revision);
    const object = await this.#api.get(CONTROLLER_REVISION, namespace, name);
    if (object === undefined) return undefined;
    const isNamed = namedBy(canary.status).includes(revision);
    await takeUp(this.#api, CONTROLLER_REVISION, object, canary, isNamed);
    return pinnedIn(object);
  }

  async #copiesOf(canary: Canary, revisions: readonly string[]): Promise<Set<string>> {
    const pinned = await Promise.all(revisions.map((revision) => this.read(canary, revision)));
    const refs = pinned.flatMap((one) => (one === undefined ? [] : pinnedRefs(one.configs)));
    return new Set(refs.map((ref) => copyName(canary, ref, ref.checksum)));
  }
}

/** Revisions that a plan names. */
function namedBy(status: CanaryStatus | undefined): string[] {
  const { revision, lastPromotedSpec, lastAppliedSpec } = status ?? {};
  return [revision, lastPromotedSpec, lastAppliedSpec].filter((name) => name !== undefined);
}

/** What is pinned of a kind for the Canary, but for these names. */
async function pinsBut(
  kind: ResourceKind,
  canary: Canary,
  names: ReadonlySet<string>,
  reader: Pick<ClusterReader, 'list'>,
): Promise<Pin[]> {
  const { namespace } = canary.metadata;
  const objects = await reader.list(kind, { namespace, labelSelector: pinSelector(canary) });
  return objects
    .filter((object) => isOwned(object, canary) && !names.has(object.metadata.name))
    .map(({ metadata: { name, uid, resourceVersion } }) => ({ kind, name, uid, resourceVersion }));
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

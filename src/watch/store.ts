import type {
  KubeObject,
  LocalStore,
  ObjectList,
  ResourceKind,
  WatchEvent,
} from '../ports/cluster.ts';
import { LabelIndex } from './label-index.ts';
import { compareVersions } from './resource-version.ts';

/** A kind that the store holds, of one namespace or of all. */
export interface HeldKind {
  readonly kind: ResourceKind;
  /** Hold names, labels and versions only. */
  readonly metadataOnly?: boolean | undefined;
  /** A label by whose value objects are found at once. */
  readonly indexed?: string | undefined;
  /** Only objects that it chooses are held. */
  readonly labelSelector?: string | undefined;
}

/** What became of one object; one of both is there. */
export interface Change {
  readonly kind: ResourceKind;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** The local store and the ways into it: lists and watches, and answers to own writes. */
export interface ObjectStore extends LocalStore {
  /** Whether what the store lacks of this kind does not exist; of kinds not watched it knows nothing. */
  holds(kind: ResourceKind): boolean;
  /** Objects of a namespace with this label; undefined when the kind is not indexed by it. */
  labelled(
    kind: ResourceKind,
    namespace: string,
    label: string,
    value: string,
  ): readonly KubeObject[] | undefined;
  /** Takes the answer to an own write; ignores it when it is outdated or of a kind not held. */
  accept(object: KubeObject): void;
  /** A point in time, to be taken before a list is asked for. */
  mark(): number;
  /**
   * Makes a list the truth, whatever was known before `mark`; what was accepted since stays when it
   * is newer than the list.
   */
  replaceAll(kind: ResourceKind, list: ObjectList, mark: number): void;
  /** Takes an event of a watch. */
  apply(kind: ResourceKind, event: Exclude<WatchEvent, { type: 'BOOKMARK' }>): void;
}

export interface StoreOptions {
  readonly kinds: readonly HeldKind[];
  /** Objects of other namespaces are not held. */
  readonly namespace?: string | undefined;
  /** Called after each change, in order. Must not throw. */
  readonly onChange: (change: Change) => void;
}

interface Entry {
  readonly object: KubeObject;
  /** Counts what entered the store. */
  readonly number: number;
}

function objectIn({ object }: Entry): KubeObject {
  return object;
}

const NO_OBJECTS: Table['byNamespace'] = new Map();

/** Deleted objects never come back under their UID; so many are remembered. */
const TOMBSTONES = 10_000;

export function createStore({ kinds, namespace, onChange }: StoreOptions): ObjectStore {
  const tables = new Map(kinds.map((held) => [keyOf(held.kind), tableFor(held)]));
  const tombstones = new Set<string>();
  let entered = 0;

  function bury(object: KubeObject): void {
    if (object.metadata.uid === undefined) return;
    tombstones.add(object.metadata.uid);
    for (const oldest of tombstones) {
      if (tombstones.size <= TOMBSTONES) break;
      tombstones.delete(oldest);
    }
  }

  function put(table: Table, object: KubeObject): void {
    const { kind, byNamespace } = table;
    const { namespace: within = '', name } = object.metadata;
    const objects = byNamespace.get(within) ?? new Map<string, Entry>();
    byNamespace.set(within, objects);
    const before = objects.get(name)?.object;
    objects.set(name, { object, number: ++entered });
    // It had only left the selection.
    if (table.isPart) tombstones.delete(object.metadata.uid ?? '');
    if (before !== undefined) table.index?.remove(before);
    table.index?.put(object);
    onChange({ kind, before, after: object });
  }

  function remove(table: Table, object: KubeObject): void {
    const { kind, byNamespace } = table;
    const { namespace: within = '', name } = object.metadata;
    bury(object);
    const objects = byNamespace.get(within);
    const before = objects?.get(name)?.object;
    objects?.delete(name);
    if (objects?.size === 0) byNamespace.delete(within);
    if (before === undefined) return;
    table.index?.remove(before);
    onChange({ kind, before, after: undefined });
  }

  /** Whether what is known of the object is as new, or of an object made after it. */
  function isOutdated(table: Table, object: KubeObject): boolean {
    const known = entryOf(table, object)?.object;
    return known !== undefined && (compareVersions(versionOf(known), versionOf(object)) ?? -1) >= 0;
  }

  return {
    holds: (kind) => tables.get(keyOf(kind))?.isPart === false,
    get(kind, within, name) {
      return tables
        .get(keyOf(kind))
        ?.byNamespace.get(within ?? '')
        ?.get(name)?.object;
    },
    list(kind, within) {
      const byNamespace = tables.get(keyOf(kind))?.byNamespace ?? NO_OBJECTS;
      const found = within === undefined ? [...byNamespace.values()] : [byNamespace.get(within)];
      return found.flatMap((objects) => Array.from(objects?.values() ?? [], objectIn));
    },
    labelled(kind, within, label, value) {
      const index = tables.get(keyOf(kind))?.index;
      return index?.label === label ? index.find(within, value) : undefined;
    },
    accept(object) {
      const table = tables.get(keyOf(kindOf(object)));
      const { namespace: within, uid } = object.metadata;
      if (table === undefined || (namespace !== undefined && within !== namespace)) return;
      if (tombstones.has(uid ?? '') || isOutdated(table, object)) return;
      put(table, table.slim(object));
    },
    mark: () => entered,
    replaceAll(kind, { items, resourceVersion }, mark) {
      const table = tables.get(keyOf(kind));
      if (table === undefined) return;
      const listed = new Set<string>();
      for (const item of items) {
        listed.add(nameOf(item));
        const known = entryOf(table, item);
        if (known !== undefined && isSameVersion(known.object, item)) continue;
        const isAhead = (known?.number ?? 0) > mark && isOutdated(table, item);
        if (!isAhead) put(table, table.slim(item));
      }
      for (const { object, number } of entriesOf(table)) {
        const isLater = number > mark && compareVersions(versionOf(object), resourceVersion) === 1;
        if (!listed.has(nameOf(object)) && !isLater) remove(table, object);
      }
    },
    apply(kind, { type, object }) {
      const table = tables.get(keyOf(kind));
      if (table === undefined) return;
      const known = entryOf(table, object)?.object;
      if (type !== 'DELETED') {
        if (!isOutdated(table, object)) put(table, table.slim(object));
      } else if (known === undefined || isSuccessor(known, object)) {
        bury(object);
      } else {
        remove(table, object);
      }
    },
  };
}

interface Table {
  readonly kind: ResourceKind;
  readonly byNamespace: Map<string, Map<string, Entry>>;
  readonly index: LabelIndex | undefined;
  readonly isPart: boolean;
  /** Without what nobody reads. */
  readonly slim: (object: KubeObject) => KubeObject;
}

function tableFor({ kind, metadataOnly = false, indexed, labelSelector }: HeldKind): Table {
  return {
    kind,
    byNamespace: new Map(),
    isPart: labelSelector !== undefined,
    index: indexed === undefined ? undefined : new LabelIndex(indexed),
    slim(object) {
      const { managedFields: _, ...metadata } = object.metadata;
      return metadataOnly
        ? { apiVersion: object.apiVersion, kind: object.kind, metadata }
        : { ...object, metadata };
    },
  };
}

/** The version in which an object is read says nothing about which object it is. */
function keyOf({ group, kind }: Pick<ResourceKind, 'group' | 'kind'>): string {
  return `${group}/${kind}`;
}

function kindOf({ apiVersion, kind }: KubeObject): { group: string; kind: string } {
  const [group = '', version] = apiVersion.split('/');
  return { group: version === undefined ? '' : group, kind };
}

function entryOf(table: Table, { metadata }: KubeObject): Entry | undefined {
  return table.byNamespace.get(metadata.namespace ?? '')?.get(metadata.name);
}

function entriesOf(table: Table): Entry[] {
  return [...table.byNamespace.values()].flatMap((objects) => [...objects.values()]);
}

function nameOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

function versionOf({ metadata }: KubeObject): string {
  return metadata.resourceVersion ?? '';
}

function isSameVersion(one: KubeObject, other: KubeObject): boolean {
  return one.metadata.uid === other.metadata.uid && versionOf(one) === versionOf(other);
}

/** Whether an object of the same name was made after the other was deleted. */
function isSuccessor(known: KubeObject, deleted: KubeObject): boolean {
  const isNewer = compareVersions(versionOf(known), versionOf(deleted)) === 1;
  return isNewer && known.metadata.uid !== deleted.metadata.uid;
}

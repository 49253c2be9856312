import type { KubeObject } from '../cluster-state.ts';

/**
 * The objects of one resource. Lists come as from etcd, by namespace and then by name; they are put in
 * order when somebody asks, and again only where something has changed since.
 */
export class Table {
  readonly #namespaces = new Map<string, Namespace>();
  #all: readonly KubeObject[] | undefined;
  #size = 0;

  constructor(objects: Iterable<KubeObject> = []) {
    for (const object of objects) this.set(object);
  }

  get size(): number {
    return this.#size;
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#namespaces.get(namespace ?? '')?.objects.get(name);
  }

  set(object: KubeObject): void {
    const { namespace, name } = object.metadata;
    const { objects } = this.#changing(namespace);
    this.#size += objects.has(name) ? 0 : 1;
    objects.set(name, object);
  }

  delete(namespace: string | undefined, name: string): void {
    const { objects } = this.#changing(namespace);
    if (objects.delete(name)) this.#size -= 1;
    if (objects.size === 0) this.#namespaces.delete(namespace ?? '');
  }

  /** Of all namespaces when none is given. */
  list(namespace?: string): readonly KubeObject[] {
    if (namespace !== undefined) return sortedIn(this.#namespaces.get(namespace));
    // No name holds a slash: whole namespaces follow each other.
    this.#all ??= [...this.#namespaces]
      .toSorted(([one], [other]) => byBytes(`${one}/`, `${other}/`))
      .flatMap(([, found]) => sortedIn(found));
    return this.#all;
  }

  #changing(namespace = ''): Namespace {
    const found = this.#namespaces.get(namespace) ?? { objects: new Map(), sorted: undefined };
    this.#namespaces.set(namespace, found);
    found.sorted = undefined;
    this.#all = undefined;
    return found;
  }
}

interface Namespace {
  readonly objects: Map<string, KubeObject>;
  sorted: readonly KubeObject[] | undefined;
}

function sortedIn(namespace: Namespace | undefined): readonly KubeObject[] {
  if (namespace === undefined) return [];
  namespace.sorted ??= [...namespace.objects]
    .toSorted(([one], [other]) => byBytes(one, other))
    .map(([, object]) => object);
  return namespace.sorted;
}

function byBytes(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

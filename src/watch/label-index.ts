import type { KubeObject } from '../ports/cluster.ts';

/** Objects of one kind by the value of one label, so that a few are found without asking all. */
export class LabelIndex {
  readonly label: string;
  readonly #found = new Map<string, Map<string, KubeObject>>();

  constructor(label: string) {
    this.label = label;
  }

  put(object: KubeObject): void {
    const place = this.#placeOf(object);
    if (place === undefined) return;
    const objects = this.#found.get(place) ?? new Map<string, KubeObject>();
    this.#found.set(place, objects.set(object.metadata.name, object));
  }

  remove(object: KubeObject): void {
    const place = this.#placeOf(object);
    if (place === undefined) return;
    const objects = this.#found.get(place);
    objects?.delete(object.metadata.name);
    if (objects?.size === 0) this.#found.delete(place);
  }

  find(namespace: string, value: string): KubeObject[] {
    return [...(this.#found.get(`${namespace}/${value}`)?.values() ?? [])];
  }

  #placeOf({ metadata: { namespace = '', labels } }: KubeObject): string | undefined {
    const value = labels?.[this.label];
    return value === undefined ? undefined : `${namespace}/${value}`;
  }
}

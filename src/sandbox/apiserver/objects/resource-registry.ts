import type { ResourceKind } from '../cluster-state.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/** Which resources are served: the built-in ones and those of the CustomResourceDefinitions. */
export class ResourceRegistry {
  readonly #definitions = new Map<string, ResourceDefinition>();

  add(definition: ResourceDefinition): void {
    this.#definitions.set(keyOf(definition), definition);
  }

  /** Removes a resource in all its versions. */
  remove(group: string, resource: string): void {
    for (const [key, definition] of this.#definitions) {
      if (definition.group === group && definition.resource === resource) {
        this.#definitions.delete(key);
      }
    }
  }

  find(kind: ResourceKind): ResourceDefinition | undefined {
    return this.#definitions.get(keyOf(kind));
  }

  findByKind(group: string, version: string, kind: string): ResourceDefinition | undefined {
    return this.all().find(
      (one) => one.group === group && one.version === version && one.kind === kind,
    );
  }

  /** A definition through which the objects of a table can be read and written. */
  findByTable(table: string): ResourceDefinition | undefined {
    return this.all().find((definition) => definition.storage.table === table);
  }

  all(): ResourceDefinition[] {
    return [...this.#definitions.values()];
  }

  /** Groups with their versions, most preferred first; the core group is the empty string. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { group, version } of this.#definitions.values()) {
      const versions = groups.get(group) ?? [];
      if (!versions.includes(version)) versions.push(version);
      groups.set(group, versions);
    }
    for (const versions of groups.values()) versions.sort(byVersionPriority);
    return groups;
  }

  inVersion(group: string, version: string): ResourceDefinition[] {
    return this.all().filter((one) => one.group === group && one.version === version);
  }
}

/** GA before beta before alpha, higher numbers first; other names last, alphabetically. */
export function byVersionPriority(left: string, right: string): number {
  const [first, second] = [parseVersion(left), parseVersion(right)];
  if (!first || !second) {
    if (first) return -1;
    if (second) return 1;
    return left < right ? -1 : 1;
  }
  return second.stage - first.stage || second.major - first.major || second.minor - first.minor;
}

function parseVersion(name: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
  if (!match) return undefined;
  const stage = { alpha: 0, beta: 1 }[match[2] ?? ''] ?? 2;
  return { stage, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}

function keyOf({ group, version, resource }: ResourceKind): string {
  return `${group}/${version}/${resource}`;
}

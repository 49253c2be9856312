import type { ClusterReader, KubeObject } from '../ports/cluster.ts';

/**
 * Asks for each object once: several who look at it during one observation cost one request, and
 * see the same version of it.
 */
export function readOnce(reader: ClusterReader): ClusterReader {
  const objects = new Map<string, Promise<KubeObject | undefined>>();
  return {
    get(kind, namespace, name) {
      const place = [kind.group, kind.version, kind.resource, namespace, name].join('/');
      const known = objects.get(place);
      if (known !== undefined) return known;
      const object = reader.get(kind, namespace, name);
      objects.set(place, object);
      return object;
    },
    list: (kind, options) => reader.list(kind, options),
  };
}

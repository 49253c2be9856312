import { labelSelector } from '../api/label-selector.ts';
import type { ApiClient, ClusterReader, KubeObject, ResourceKind } from '../ports/cluster.ts';
import type { ObjectStore } from './store.ts';

/**
 * Reads the local store. ConfigMaps and Secrets come as metadata only: their version tells whether
 * they changed. A kind that is not watched, or not all of it, is read live.
 */
export function cachedReader(
  store: Pick<ObjectStore, 'get' | 'list' | 'holds' | 'labelled'>,
  api: ApiClient,
): ClusterReader {
  const live = liveReader(api);

  /** By the index, where the selector names values of one label that is indexed. */
  function labelled(
    kind: ResourceKind,
    namespace: string,
    selector: string,
  ): KubeObject[] | undefined {
    const [, label = '', value = '', values = value] = ONE_LABEL.exec(selector) ?? [];
    const wanted = new Set(values.split(',').map((one) => one.trim()));
    const lists = [...wanted].map((one) => store.labelled(kind, namespace, label, one));
    return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? []);
  }

  return {
    async get(kind, namespace, name) {
      const held = store.get(kind, namespace, name);
      return held !== undefined || store.holds(kind) ? held : live.get(kind, namespace, name);
    },
    async list(kind, options = {}) {
      if (!store.holds(kind)) return live.list(kind, options);
      const { namespace, labelSelector: selector } = options;
      if (selector === undefined) return store.list(kind, namespace);
      const found = namespace && labelled(kind, namespace, selector);
      if (found) return found;
      const objects = store.list(kind, namespace);
      const matches = labelSelector(selector);
      return objects.filter(({ metadata }) => matches(metadata.labels));
    },
  };
}

/** A selector of the form `label=value` or `label in (value,value)`. */
const ONE_LABEL = /^([^\s=!,()]+)(?:=([^\s=!,()]+)| in \(([^()]+)\))$/;

/** Asks the API server every time, for decisions that are made twice (DESIGN section 5). */
export function liveReader(api: ApiClient): ClusterReader {
  return {
    get: (kind, namespace, name) => api.get(kind, namespace, name),
    list: async (kind, options = {}) => (await api.list(kind, options)).items,
  };
}

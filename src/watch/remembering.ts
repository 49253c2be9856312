import type { ApiClient, KubeObject, WriteOptions } from '../ports/cluster.ts';
import type { ObjectStore } from './store.ts';

/**
 * Answers to own writes and live reads enter the store at once, so that nobody waits for the watch
 * to tell what is known already.
 */
export function remembering(api: ApiClient, store: Pick<ObjectStore, 'accept'>): ApiClient {
  async function remember(
    answer: Promise<KubeObject>,
    options: WriteOptions | undefined,
  ): Promise<KubeObject> {
    const object = await answer;
    if (options?.dryRun !== true) store.accept(object);
    return object;
  }

  return {
    async get(...asked) {
      const object = await api.get(...asked);
      if (object !== undefined) store.accept(object);
      return object;
    },
    list: (...asked) => api.list(...asked),
    watch: (...asked) => api.watch(...asked),
    delete: (...asked) => api.delete(...asked),
    create: (kind, object, options) => remember(api.create(kind, object, options), options),
    replace: (kind, object, options) => remember(api.replace(kind, object, options), options),
    patch: (kind, namespace, name, patch, body, options) =>
      remember(api.patch(kind, namespace, name, patch, body, options), options),
  };
}

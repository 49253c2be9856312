import type { ApiClient, KubeObject, WriteOptions } from '../ports/cluster.ts';
import type { ObjectStore } from './store.ts';

/** Answers to own writes enter the store at once, so that nobody waits for the watch to see them. */
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
    get: (...asked) => api.get(...asked),
    list: (...asked) => api.list(...asked),
    watch: (...asked) => api.watch(...asked),
    delete: (...asked) => api.delete(...asked),
    create: (kind, object, options) => remember(api.create(kind, object, options), options),
    replace: (kind, object, options) => remember(api.replace(kind, object, options), options),
    patch: (kind, namespace, name, patch, body, options) =>
      remember(api.patch(kind, namespace, name, patch, body, options), options),
  };
}

import { AsyncLocalStorage } from 'node:async_hooks';
import type { ApiClient, CallOptions } from '../ports/cluster.ts';

/** Of the look that runs; what outlives its look, such as a message on its way, has none. */
interface Running {
  signal: AbortSignal | undefined;
}

const looks = new AsyncLocalStorage<Running>();

/** Runs a look whose requests through a client of `abortedWithLook` end when `signal` says so. */
export async function withinLook<T>(signal: AbortSignal, look: () => Promise<T>): Promise<T> {
  const running: Running = { signal };
  try {
    return await looks.run(running, look);
  } finally {
    running.signal = undefined;
  }
}

/**
 * A client whose requests end with the look that makes them. They are made deep in adapters that
 * serve many looks at once and know nothing of them: so the signal does not travel as an argument.
 */
export function abortedWithLook(api: ApiClient): ApiClient {
  const within = (options: CallOptions | undefined) => ({
    signal: looks.getStore()?.signal,
    ...options,
  });
  return {
    get: (kind, namespace, name, options) => api.get(kind, namespace, name, within(options)),
    list: (kind, options) => api.list(kind, within(options)),
    watch: (kind, options) => api.watch(kind, options),
    create: (kind, object, options) => api.create(kind, object, within(options)),
    replace: (kind, object, options) => api.replace(kind, object, within(options)),
    patch: (kind, namespace, name, patch, body, options) =>
      api.patch(kind, namespace, name, patch, body, within(options)),
    delete: (kind, namespace, name, preconditions, options) =>
      api.delete(kind, namespace, name, preconditions, within(options)),
  };
}

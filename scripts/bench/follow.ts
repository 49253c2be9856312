import type { KubeObject } from '../../src/ports/cluster.ts';
import type { RawApi } from '../../test/cluster/kube/api-client.ts';

/** Tells of every object under `path`, and of each of its changes, until the signal aborts. */
export async function follow(
  api: RawApi,
  path: string,
  take: (object: KubeObject) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const list = await api.get<{ metadata: { resourceVersion: string }; items: KubeObject[] }>(
      path,
    );
    for (const item of list.items) take(item);
    const from = `${path}?resourceVersion=${list.metadata.resourceVersion}`;
    for await (const { type, object } of api.watch(from, signal)) {
      if (type === 'ERROR') break;
      if (type !== 'BOOKMARK') take(object);
    }
  }
}

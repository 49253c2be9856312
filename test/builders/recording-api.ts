import type { ApiClient, KubeObject } from '../../src/ports/cluster.ts';
import { FakeCluster } from './fake-cluster.ts';

export interface RecordedWrite {
  readonly verb: 'create' | 'patch' | 'delete';
  /** `namespace/name`. */
  readonly name: string;
  /** The object, the patch, or the preconditions, as they were sent. */
  readonly body: unknown;
}

/** The fake API server, for tests that look at what was sent and not only at what came of it. */
export class RecordingApi extends FakeCluster {
  readonly recorded: RecordedWrite[] = [];

  constructor(...objects: readonly KubeObject[]) {
    super();
    for (const object of objects) this.put(object);
  }

  override create(...request: Parameters<ApiClient['create']>): Promise<KubeObject> {
    const [, object] = request;
    this.#record('create', object.metadata.namespace, object.metadata.name, object);
    return super.create(...request);
  }

  override patch(...request: Parameters<ApiClient['patch']>): Promise<KubeObject> {
    const [, namespace, name, , body] = request;
    this.#record('patch', namespace, name, body);
    return super.patch(...request);
  }

  override delete(...request: Parameters<ApiClient['delete']>): Promise<void> {
    const [kind, namespace, name, preconditions] = request;
    this.#record('delete', namespace, name, preconditions);
    return super.delete(kind, namespace, name, preconditions);
  }

  #record(verb: RecordedWrite['verb'], namespace: string | undefined, name: string, body: unknown) {
    this.recorded.push({ verb, name: `${namespace ?? ''}/${name}`, body: structuredClone(body) });
  }
}

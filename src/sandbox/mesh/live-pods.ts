import type { ClusterState } from '../apiserver/cluster-state.ts';
import { PODS, type Pod } from '../workloads/resources.ts';

/** The pods that can be reached at this moment, whatever the proxies have been told of them. */
export class LivePods {
  readonly #byAddress = new Map<string, Pod>();
  readonly #unsubscribe: () => void;

  constructor(cluster: ClusterState) {
    this.#unsubscribe = cluster.subscribe(PODS, ({ type, object }) => {
      const pod = object as Pod;
      const address = pod.status?.podIP;
      if (address === undefined) return;
      if (type !== 'DELETED' && isRunning(pod)) this.#byAddress.set(address, pod);
      else this.#byAddress.delete(address);
    });
  }

  /** Undefined: nobody listens there. */
  at(address: string): Pod | undefined {
    return this.#byAddress.get(address);
  }

  stop(): void {
    this.#unsubscribe();
  }
}

function isRunning({ status }: Pod): boolean {
  const containers = status?.containerStatuses ?? [];
  return containers.length > 0 && containers.every(({ state }) => state?.['running'] !== undefined);
}

import { installChartRights } from '../cluster/kube/chart.ts';
import type { Cluster } from '../cluster/kube/cluster.ts';
import type { Linnet, LinnetOptions } from '../scenarios/stage.ts';
import { startLinnetProcess } from './linnet-process.ts';

export interface InstalledLinnets {
  start(options?: LinnetOptions): Promise<Linnet>;
  /** Ends all of them, and takes their accounts back. */
  remove(): Promise<void>;
}

/**
 * Controllers as processes of their own, each with the ServiceAccount and the rights of the chart
 * and no other. `flags` are what all of them get.
 */
export function installedLinnets(
  cluster: Cluster,
  flags: Readonly<Record<string, string>>,
): InstalledLinnets {
  const undo: (() => Promise<unknown>)[] = [];

  async function newAccount(namespace: string | undefined, values: readonly string[] = []) {
    const account = await installChartRights(cluster, namespace, values);
    undo.push(() => account.remove());
    const user = `system:serviceaccount:${account.namespace}:${account.name}`;
    return { user, kubeconfig: account.kubeconfig };
  }

  return {
    async start({
      replicaOf,
      flags: more,
      env,
      program,
      through = (kubeconfig) => Promise.resolve(kubeconfig),
      ...options
    }: LinnetOptions = {}) {
      const namespace = replicaOf?.namespace ?? options.namespace;
      const account = replicaOf ?? (await newAccount(namespace, options.chart));
      const linnet = await startLinnetProcess(
        {
          kubeconfig: await through(account.kubeconfig),
          ...flags,
          ...(namespace === undefined ? {} : { namespace }),
          ...more,
        },
        env,
        program,
      );
      undo.push(() => linnet.kill());
      return { ...linnet, namespace, kubeconfig: account.kubeconfig, user: account.user };
    },
    async remove() {
      for (const step of undo.toReversed()) await step();
    },
  };
}

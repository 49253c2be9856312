import { installChartRights } from '../cluster/kube/chart.ts';
import type { Cluster } from '../cluster/kube/cluster.ts';
import { startLinnet, type Linnet, type LinnetOptions, type Site } from './linnet.ts';

export interface InstalledLinnets {
  start(options?: LinnetOptions): Promise<Linnet>;
  /** Ends all of them, and takes their accounts back. */
  remove(): Promise<void>;
}

/**
 * Controllers as processes of their own, each with the ServiceAccount and the rights of the chart
 * and no other. `flags` are what all of them get.
 */
export function installedLinnets(cluster: Cluster, flags: Site['flags']): InstalledLinnets {
  const undo: (() => Promise<unknown>)[] = [];
  const site: Site = {
    flags,
    async newAccount(namespace, chart) {
      const account = await installChartRights(cluster, namespace, chart);
      undo.push(() => account.remove());
      const user = `system:serviceaccount:${account.namespace}:${account.name}`;
      return { user, kubeconfig: account.kubeconfig };
    },
  };
  return {
    async start(options) {
      const linnet = await startLinnet(site, options);
      undo.push(() => linnet.kill());
      return linnet;
    },
    async remove() {
      for (const step of undo.toReversed()) await step();
    },
  };
}

import { findProgram } from '../../src/sandbox/programs.ts';
import { startPrometheus } from '../../src/sandbox/prometheus.ts';
import { startLinnetProcess } from '../scenarios/linnet-process.ts';
import type { LinnetOptions, Stage } from '../scenarios/stage.ts';
import { startTrafficExporter } from '../scenarios/traffic-exporter.ts';
import { installChartRights } from './kube/chart.ts';
import { providedCluster } from './kube/provided-cluster.ts';

/**
 * The cluster of this test run, whose mesh is played by an exporter and whose controller has the
 * chart's rights and no other.
 */
export async function clusterStage(): Promise<Stage> {
  const cluster = providedCluster();
  const exporter = await startTrafficExporter(cluster.api);
  const prometheus = await startPrometheus({
    program: await findProgram('prometheus'),
    jobs: { mesh: [exporter.address] },
  });
  const undo: (() => Promise<unknown>)[] = [];

  async function newAccount(namespace: string | undefined) {
    const account = await installChartRights(cluster, namespace);
    undo.push(() => account.remove());
    const user = `system:serviceaccount:${account.namespace}:${account.name}`;
    return { user, kubeconfig: account.kubeconfig };
  }

  return {
    api: cluster.api,
    kubeconfig: cluster.kubeconfigPath,
    prometheusUrl: prometheus.url,
    newNamespace: (label) => cluster.newNamespace(label),
    sendRequests: (to) => exporter.send(to),
    kubectl: (args, input) => cluster.kubectl(args, input),
    audit: () => cluster.audit.entries(),
    async startLinnet({ replicaOf, flags, env, ...options }: LinnetOptions = {}) {
      const namespace = replicaOf?.namespace ?? options.namespace;
      const account = replicaOf ?? (await newAccount(namespace));
      const linnet = await startLinnetProcess(
        {
          kubeconfig: account.kubeconfig,
          prometheus: prometheus.url,
          'sweep-interval': '1s',
          drain: '0s',
          ...(namespace === undefined ? {} : { namespace }),
          ...flags,
        },
        env,
      );
      undo.push(() => linnet.kill());
      return { ...linnet, namespace, kubeconfig: account.kubeconfig, user: account.user };
    },
    async close() {
      for (const step of undo.toReversed()) await step();
      await prometheus.stop();
      await exporter.close();
      await cluster.close();
    },
  };
}

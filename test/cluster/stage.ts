import { findProgram } from '../../src/sandbox/programs.ts';
import { startPrometheus } from '../../src/sandbox/prometheus.ts';
import { installedLinnets } from '../controller/installed-linnet.ts';
import { expectNoLeaks, leaksInCluster } from '../controller/planted.ts';
import type { Stage } from '../scenarios/stage.ts';
import { startTrafficExporter } from '../scenarios/traffic-exporter.ts';
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
  const linnets = installedLinnets(cluster, {
    prometheus: prometheus.url,
    'sweep-interval': '1s',
    drain: '0s',
  });

  return {
    api: cluster.api,
    kubeconfig: cluster.kubeconfigPath,
    prometheusUrl: prometheus.url,
    newNamespace: (label) => cluster.newNamespace(label),
    sendRequests: (to) => exporter.send(to),
    kubectl: (args, input) => cluster.kubectl(args, input),
    audit: () => cluster.audit.entries(),
    startLinnet: (options) => linnets.start(options),
    async close() {
      const leaks = await leaksInCluster(cluster.api);
      await linnets.remove();
      await prometheus.stop();
      await exporter.close();
      await cluster.close();
      expectNoLeaks(leaks, 'Canaries or Events');
    },
  };
}

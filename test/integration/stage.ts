import { writeKubeconfig } from '../../src/sandbox/apiserver/kubeconfig.ts';
import { sidecarOf } from '../../src/sandbox/mesh/mesh-request.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { connectApi } from '../cluster/kube/api-client.ts';
import { startLinnet, type Site } from '../controller/linnet.ts';
import { expectNoLeaks, leaksInCluster, plant } from '../controller/planted.ts';
import type { Stage } from '../scenarios/stage.ts';

/** The sandbox: its own API server, workloads, mesh, load and Prometheus. */
export async function sandboxStage(): Promise<Stage> {
  const problems: string[] = [];
  const sandbox = await startSandbox({ redis: false, onProblem: (line) => problems.push(line) });
  const api = connectApi({ url: sandbox.url, token: 'nobody' }, 'linnet-test');
  const kubeconfig = `${sandbox.kubeconfig}-with-token`;
  await writeKubeconfig(kubeconfig, sandbox.url, plant());
  const undo: (() => Promise<unknown>)[] = [];
  const site: Site = {
    flags: { prometheus: sandbox.prometheusUrl, 'sweep-interval': '1s', drain: '0s' },
    newAccount: () => ({ user: undefined, kubeconfig }),
  };

  return {
    api,
    kubeconfig: sandbox.kubeconfig,
    prometheusUrl: sandbox.prometheusUrl,
    async newNamespace(label) {
      const { metadata } = await api.create('/api/v1/namespaces', {
        metadata: { generateName: `${label}-`, labels: { 'istio-injection': 'enabled' } },
      });
      return metadata.name;
    },
    sendRequests({ namespace, service, port = 80, requestsPerSecond, headers = {} }) {
      return sandbox.startLoad({
        authority: `${service}.${namespace}:${port}`,
        requestsPerSecond,
        caller: sidecarOf('people', namespace),
        // Several, since a cookie keeps each with the version that it met.
        users: Array.from({ length: 20 }, () => ({ share: 1, headers })),
      });
    },
    async startLinnet(options) {
      const linnet = await startLinnet(site, options);
      undo.push(() => linnet.kill());
      return linnet;
    },
    async close() {
      const leaks = await leaksInCluster(api);
      for (const step of undo.toReversed()) await step();
      await api.close();
      await sandbox.stop();
      expectNoLeaks(leaks, 'Canaries or Events');
    },
  };
}

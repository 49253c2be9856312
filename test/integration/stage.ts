import { writeKubeconfig } from '../../src/sandbox/apiserver/kubeconfig.ts';
import { sidecarOf } from '../../src/sandbox/mesh/mesh-request.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { connectApi } from '../cluster/kube/api-client.ts';
import { startLinnetProcess } from '../controller/linnet-process.ts';
import { expectNoLeaks, leaksInCluster, plant } from '../controller/planted.ts';
import type { LinnetOptions, Stage } from '../scenarios/stage.ts';

/** The sandbox: its own API server, workloads, mesh, load and Prometheus. */
export async function sandboxStage(): Promise<Stage> {
  const problems: string[] = [];
  const sandbox = await startSandbox({ redis: false, onProblem: (line) => problems.push(line) });
  const api = connectApi({ url: sandbox.url, token: 'nobody' }, 'linnet-test');
  const kubeconfig = `${sandbox.kubeconfig}-with-token`;
  await writeKubeconfig(kubeconfig, sandbox.url, plant());
  const undo: (() => Promise<unknown>)[] = [];

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
    async startLinnet({
      replicaOf,
      flags,
      env,
      program,
      through = (kubeconfig) => Promise.resolve(kubeconfig),
      ...options
    }: LinnetOptions = {}) {
      const namespace = replicaOf?.namespace ?? options.namespace;
      const linnet = await startLinnetProcess(
        {
          kubeconfig: await through(kubeconfig),
          prometheus: sandbox.prometheusUrl,
          'sweep-interval': '1s',
          drain: '0s',
          ...(namespace === undefined ? {} : { namespace }),
          ...flags,
        },
        env,
        program,
      );
      undo.push(() => linnet.kill());
      return { ...linnet, namespace, kubeconfig, user: undefined };
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

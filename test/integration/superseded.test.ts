import { expect, test } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { sidecarOf } from '../../src/sandbox/mesh/mesh-request.ts';
import { writeKubeconfig } from '../../src/sandbox/apiserver/kubeconfig.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { connectApi } from '../cluster/kube/api-client.ts';
import { until } from '../cluster/kube/waiting.ts';
import { plant } from '../controller/planted.ts';
import { startLinnetProcess } from '../controller/linnet-process.ts';
import { canary, deployment } from '../manifests/app.ts';

const CANARY = '/apis/linnet.dev/v1beta1/namespaces/team/canaries/web';
const DEPLOYMENT = '/apis/apps/v1/namespaces/team/deployments/web';
const PATIENCE_MS = 120_000;

/** ADR 18: a proxy that knows the new pods knows of the weight that was taken before, however slow it is. */
test(
  'no request meets a newer version under the old weight, though its pods are there long before the proxies obey',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const sandbox = await startSandbox({ redis: false, pushMs: 6000, terminationMs: 20_000 });
    onTestFinished(() => sandbox.stop());
    const api = connectApi({ url: sandbox.url, token: 'nobody' }, 'linnet-test');
    onTestFinished(() => api.close());
    const kubeconfig = `${sandbox.kubeconfig}-with-token`;
    await writeKubeconfig(kubeconfig, sandbox.url, plant());
    const linnet = await startLinnetProcess({
      kubeconfig,
      prometheus: sandbox.prometheusUrl,
      'sweep-interval': '1s',
      drain: '0s',
    });
    onTestFinished(() => linnet.kill());
    const release = (version: string, readyAfter: string) =>
      api.patch(DEPLOYMENT, {
        spec: { template: { metadata: { labels: { version }, annotations: ready(readyAfter) } } },
      });
    const untilPlan = (holds: (status: CanaryStatus) => boolean) =>
      until<LiveCanary>(
        api,
        CANARY,
        ({ status }) => status !== undefined && holds(status),
        PATIENCE_MS,
      );

    await api.create('/api/v1/namespaces', {
      metadata: { name: 'team', labels: { 'istio-injection': 'enabled' } },
    });
    const collections = [DEPLOYMENT, CANARY].map((path) => path.slice(0, path.lastIndexOf('/')));
    await api.create(collections[0]!, deployment('web', { image: 'shop:1' }));
    await api.create(collections[1]!, canary('web', { interval: '10m', stepWeights: [50] }));
    await untilPlan(({ phase }) => phase === 'Initialized');
    await release('two', '100ms');
    await untilPlan(({ stage, step }) => stage === 'analyse' && step?.weight === 50);
    // The newest gets no weight of its own.
    await api.patch(CANARY, { spec: { analysis: { webhooks: [SHUT] } } });
    await sandbox.mesh.settled();

    const load = sandbox.startLoad({
      authority: 'web.team:80',
      requestsPerSecond: 100,
      caller: sidecarOf('people', 'team'),
    });
    // Enough for Linnet to notice on a busy machine, and well before the proxies do.
    await release('three', '3s');
    await untilPlan(({ history = [] }) => history.length === 1);
    await until<Deployment>(api, DEPLOYMENT, areNewest, PATIENCE_MS);
    await sandbox.mesh.settled();
    load.stop();

    const met = load.counts();
    expect(met.map(({ version }) => version)).not.toContain('three');
    expect(met.filter(({ failed }) => failed > 0)).toEqual([]);
    expect(met.map(({ version }) => version)).toContain('two');
  },
);

const SHUT = { name: 'shut', type: 'pre-rollout', url: 'http://127.0.0.1:9/' };

function ready(after: string) {
  return { 'sandbox.linnet.dev/ready-after': after };
}

type LiveCanary = KubeObject & { status?: CanaryStatus };

interface Deployment extends KubeObject {
  status: { updatedReplicas?: number; readyReplicas?: number; replicas?: number };
}

/** There are some, and no others. */
function areNewest({ status: { updatedReplicas = 0, readyReplicas, replicas } }: Deployment) {
  return updatedReplicas > 0 && readyReplicas === updatedReplicas && replicas === updatedReplicas;
}

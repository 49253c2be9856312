import { once } from 'node:events';
import pc from 'picocolors';
import { sidecarOf } from '../sandbox/mesh/mesh-request.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { startControllerOn } from './rehearsal.ts';

/** `linnet sandbox`: the mesh with its controller, until `Ctrl-C`. */
export async function runSandbox(): Promise<number> {
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const sandbox = await startSandbox({
    onProgress: say,
    onProblem: (line) => say(pc.yellow(line)),
  });
  const controller = await startControllerOn(sandbox, {
    'log-level': 'info',
    'log-format': 'pretty',
  });
  sendRequestsToCanaries(sandbox);
  say(greeting(sandbox, controller.port));
  await ended;
  await controller.stop();
  await sandbox.stop();
  return 0;
}

function greeting({ kubeconfig, gatewayUrl, prometheusUrl }: Sandbox, port: number): string {
  return `
${pc.bold('A mesh on this machine.')} It goes when you press Ctrl-C.

  export KUBECONFIG=${kubeconfig}

  kubectl apply -k examples/weighted
  kubectl -n shop set image deployment/checkout checkout=ghcr.io/stefanprodan/podinfo:6.9.1
  npx linnet status checkout -n shop --watch
  npx linnet explain checkout -n shop --prometheus ${prometheusUrl}

Every Service that a Canary makes gets ${REQUESTS_PER_SECOND} requests a second from inside the mesh.
  gateway     ${gatewayUrl}
  Prometheus  ${prometheusUrl}
  metrics     http://127.0.0.1:${port}/metrics
`;
}

const REQUESTS_PER_SECOND = 50;

/** Somebody has to use what is released, or there is nothing to judge. */
function sendRequestsToCanaries(sandbox: Sandbox): void {
  const loads = new Map<string, { stop(): void }>();
  sandbox.state.subscribe(VIRTUAL_SERVICES, ({ type, object }) => {
    const { namespace, name, ownerReferences = [] } = object.metadata;
    const authority = `${name}.${namespace}`;
    const wanted = type !== 'DELETED' && ownerReferences.some(({ kind }) => kind === 'Canary');
    if (!wanted) {
      loads.get(authority)?.stop();
      loads.delete(authority);
    } else if (!loads.has(authority)) {
      const load = {
        authority,
        requestsPerSecond: REQUESTS_PER_SECOND,
        caller: sidecarOf('shoppers', 'default'),
      };
      loads.set(authority, sandbox.startLoad(load));
    }
  });
}

const VIRTUAL_SERVICES = {
  group: 'networking.istio.io',
  version: 'v1',
  resource: 'virtualservices',
};

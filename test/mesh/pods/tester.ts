import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'vitest';
import type { Play } from '../../scenarios/play.ts';

/** What was called at the tester: the path, and the body. */
export interface Call {
  readonly path: string;
  readonly body: unknown;
}

/** Of pods that no kubelet runs; each tester has a port of its own. */
const ADDRESS = '10.244.255.10';

/**
 * A Service `tester` in the namespace of a play, behind which this process answers 200 to all: the
 * load tester, gates and chat of a team. It is called through the mesh, as a pod would be.
 */
export async function startTester(play: Play, { onTestFinished }: TestContext) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      calls.push({ path: request.url ?? '', body: JSON.parse(body) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await serve(play, (server.address() as AddressInfo).port);
  return calls;
}

async function serve({ stage, namespace }: Play, port: number): Promise<void> {
  await stage.api.create(`/api/v1/namespaces/${namespace}/services`, {
    metadata: { name: 'tester' },
    spec: { ports: [{ name: 'http', port: 80, targetPort: port }] },
  });
  await stage.api.create(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    metadata: { name: 'tester', labels: { 'kubernetes.io/service-name': 'tester' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [ADDRESS], conditions: { ready: true } }],
  });
}

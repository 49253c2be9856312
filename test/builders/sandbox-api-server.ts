import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObjectInput } from '../../src/sandbox/apiserver/cluster-state.ts';
import {
  type ApiServer,
  type ApiServerOptions,
  startApiServer,
} from '../../src/sandbox/apiserver/server.ts';
import { CUSTOM_RESOURCE_DEFINITION, NAMESPACE } from '../../src/ports/kinds.ts';

const CRDS = join(import.meta.dirname, '../../crds');

export interface SandboxServer extends ApiServer {
  readonly kubeconfig: string;
  newNamespace(label: string): Promise<string>;
}

/** The sandbox's API server with the project's CRDs, and a kubeconfig that leads to it. */
export async function sandboxApiServer(options: ApiServerOptions = {}): Promise<SandboxServer> {
  const server = await startApiServer({ token: 'sandbox-token', ...options });
  const folder = mkdtempSync(join(tmpdir(), 'linnet-api-server-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await server.writeKubeconfig(kubeconfig);
  for (const file of readdirSync(CRDS)) {
    const manifest = parse(readFileSync(join(CRDS, file), 'utf8')) as KubeObjectInput;
    server.state.create(CUSTOM_RESOURCE_DEFINITION, manifest);
  }
  let namespaces = 0;
  return {
    ...server,
    kubeconfig,
    async newNamespace(label) {
      const name = `${label}-${++namespaces}`;
      server.state.create(NAMESPACE, { metadata: { name } });
      return name;
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

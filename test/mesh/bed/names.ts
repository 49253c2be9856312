import { writeFileSync } from 'node:fs';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import type { RawApi } from '../../cluster/kube/api-client.ts';
import { states } from '../../cluster/kube/waiting.ts';

export interface Service extends KubeObject {
  metadata: KubeObject['metadata'] & { namespace: string };
  spec: { clusterIP?: string };
}

/** Keeps the hosts file of the mesh's network in step with its Services: a DNS without a server. */
export function keepNames(api: RawApi, file: string): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const loop = (async () => {
    for await (const services of states<Service>(api, '/api/v1/services', stopped.signal)) {
      // In place: another file would not be the one that is mounted.
      writeFileSync(file, hostsOf(services));
    }
  })();
  loop.catch((error: unknown) => console.error('names of Services:', error));
  return {
    async stop() {
      stopped.abort();
      await loop;
    },
  };
}

function hostsOf(services: readonly Service[]): string {
  const lines = services
    .filter(({ spec }) => /^\d/.test(spec.clusterIP ?? ''))
    .map(({ metadata, spec }) => {
      const short = `${metadata.name}.${metadata.namespace}`;
      return `${spec.clusterIP} ${short} ${short}.svc ${short}.svc.cluster.local`;
    });
  return ['127.0.0.1 localhost', ...lines, ''].join('\n');
}

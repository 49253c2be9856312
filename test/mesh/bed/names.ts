import { appendFileSync, writeFileSync } from 'node:fs';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import type { RawApi } from '../../cluster/kube/api-client.ts';
import { states } from '../../cluster/kube/waiting.ts';

export interface Service extends KubeObject {
  metadata: KubeObject['metadata'] & { namespace: string };
  spec: { clusterIP?: string };
}

/**
 * Keeps the hosts file of the mesh's network in step with its Services: a DNS without a server. Who
 * looks a name up meanwhile must find it, so that lines are only added, unless a name moved.
 */
export function keepNames(api: RawApi, file: string): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const known = new Map<string, string>();
  const loop = (async () => {
    for await (const services of states<Service>(api, '/api/v1/services', stopped.signal)) {
      const fresh = services.filter((service) => known.get(nameOf(service)) !== addressOf(service));
      const isMoved = fresh.some((service) => known.has(nameOf(service)));
      for (const service of fresh) known.set(nameOf(service), addressOf(service));
      if (isMoved) writeFileSync(file, LOCALHOST + [...known].map(lineOf).join(''));
      else
        appendFileSync(
          file,
          fresh.map((service) => lineOf([nameOf(service), addressOf(service)])).join(''),
        );
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

export const LOCALHOST = '127.0.0.1 localhost\n';

function nameOf({ metadata }: Service): string {
  return `${metadata.name}.${metadata.namespace}`;
}

/** `None` without one of its own. */
function addressOf({ spec }: Service): string {
  return spec.clusterIP ?? 'None';
}

function lineOf([name, address]: readonly [string, string]): string {
  if (address === 'None') return '';
  return `${address} ${name} ${name}.svc ${name}.svc.cluster.local\n`;
}

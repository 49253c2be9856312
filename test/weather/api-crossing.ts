import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { holdScratchFolder } from '../../src/sandbox/scratch-folder.ts';
import { writeKubeconfig } from '../cluster/kube/kubeconfig.ts';
import { startCrossing, type Crossing } from './crossing.ts';

export interface ApiCrossing extends Crossing {
  /** Leads over the crossing. */
  readonly kubeconfig: string;
}

/**
 * A way to the API server of a kubeconfig. It speaks to the server in the place of whoever crosses,
 * with the token of that kubeconfig.
 */
export async function crossToApi(kubeconfig: string): Promise<ApiCrossing> {
  const scratch = await holdScratchFolder('crossing');
  const crossing = await startCrossing(connectionIn(kubeconfig, scratch.path));
  const through = { url: crossing.url, caFile: undefined, token: 'whoever' };
  const file = await writeKubeconfig(path.join(scratch.path, 'kubeconfig'), through);
  const end = crossing.close.bind(crossing);
  return Object.assign(crossing, {
    kubeconfig: file,
    async close() {
      await end();
      await scratch.stop();
    },
  });
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data'?: string } }];
  users: [{ user: { token?: string } }];
}

function connectionIn(kubeconfig: string, folder: string) {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { server: url, 'certificate-authority-data': ca } = clusters[0].cluster;
  const { token } = users[0].user;
  const as = token === undefined ? {} : { token };
  if (ca === undefined) return { url, ...as };
  const caFile = path.join(folder, 'ca.crt');
  writeFileSync(caFile, Buffer.from(ca, 'base64'));
  return { url, caFile, ...as };
}

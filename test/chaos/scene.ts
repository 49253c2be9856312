import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { openServer } from '../../scripts/bench/api-server.ts';
import { holdScratchFolder } from '../../src/sandbox/scratch-folder.ts';
import type { Connection, RawApi } from '../cluster/kube/api-client.ts';
import { writeKubeconfig } from '../cluster/kube/kubeconfig.ts';
import { Chronicle } from './chronicle.ts';
import { startCrossing, type Crossing } from './crossing.ts';
import { startPeople, type People } from './people.ts';
import { buildShipped, type Shipped } from './shipped.ts';

/** What all rollouts of a run share. */
export interface Scene {
  readonly serverName: string;
  readonly api: RawApi;
  readonly people: People;
  readonly chronicle: Chronicle;
  readonly shipped: Shipped;
  /** A way to the API server, and the kubeconfig that leads over it. */
  apiCrossing(): Promise<{ crossing: Crossing; kubeconfig: string }>;
  /** A way to everybody outside the cluster. */
  peopleCrossing(): Promise<Crossing>;
  /** Leaves no process and no file. */
  close(): Promise<void>;
}

/** The sandbox's API server in this process, or a real one; nothing of Linnet runs yet. */
export async function openScene(kind: 'sandbox' | 'real'): Promise<Scene> {
  const endings: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    const shipped = await buildShipped();
    endings.push(() => shipped.remove());
    const server = await openServer(kind);
    endings.push(() => server.stop());
    const folder = await holdScratchFolder('chaos');
    endings.push(() => folder.stop());
    const people = await startPeople();
    endings.push(() => people.close());
    const chronicle = await Chronicle.open(server.api);
    endings.push(() => chronicle.stop());
    const connection = connectionIn(server.kubeconfig, folder.path);
    let crossings = 0;
    const opened = async (to: Parameters<typeof startCrossing>[0]) => {
      const crossing = await startCrossing(to);
      endings.push(() => crossing.close());
      return crossing;
    };
    return {
      serverName: server.name,
      api: server.api,
      people,
      chronicle,
      shipped,
      async apiCrossing() {
        const crossing = await opened(connection);
        const file = path.join(folder.path, `kubeconfig-${(crossings += 1)}`);
        const through = { url: crossing.url, caFile: undefined, token: 'whoever' };
        return { crossing, kubeconfig: await writeKubeconfig(file, through) };
      },
      peopleCrossing: () => opened({ url: people.url }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; 'certificate-authority-data'?: string } }];
  users: [{ user: { token?: string } }];
}

/** The crossing speaks to the server in the place of whoever crosses. */
function connectionIn(kubeconfig: string, folder: string): Connection {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const { server: url, 'certificate-authority-data': ca } = clusters[0].cluster;
  const { token = '' } = users[0].user;
  if (ca === undefined) return { url, caFile: undefined, token };
  const caFile = path.join(folder, 'ca.crt');
  writeFileSync(caFile, Buffer.from(ca, 'base64'));
  return { url, caFile, token };
}

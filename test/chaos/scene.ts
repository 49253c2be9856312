import { openServer } from '../builders/furnished-server.ts';
import { startPeople, type People } from '../builders/people.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';
import { buildShipped, type Shipped } from '../controller/shipped.ts';
import { crossToApi, type ApiCrossing } from '../weather/api-crossing.ts';
import { startCrossing, type Crossing } from '../weather/crossing.ts';
import { Chronicle } from './chronicle.ts';

/** What all rollouts of a run share. */
export interface Scene {
  readonly serverName: string;
  readonly api: RawApi;
  readonly people: People;
  readonly chronicle: Chronicle;
  readonly shipped: Shipped;
  /** A way to the API server. */
  apiCrossing(): Promise<ApiCrossing>;
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
    const people = await startPeople();
    endings.push(() => people.close());
    const chronicle = await Chronicle.open(server.api);
    endings.push(() => chronicle.stop());
    const kept = async <T extends Crossing>(opened: Promise<T>): Promise<T> => {
      const crossing = await opened;
      endings.push(() => crossing.close());
      return crossing;
    };
    return {
      serverName: server.name,
      api: server.api,
      people,
      chronicle,
      shipped,
      apiCrossing: () => kept(crossToApi(server.kubeconfig)),
      peopleCrossing: () => kept(startCrossing({ url: people.url })),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

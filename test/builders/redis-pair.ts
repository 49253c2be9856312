import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { redisAtPort, type StoppableRedis } from './redis-at-port.ts';

/** A master and its replica behind an address that leads to the master, as a Service or a name that moves. */
export interface RedisPair {
  readonly url: string;
  /** The one that the address leads to. */
  readonly master: StoppableRedis;
  /** How often somebody has sent something through the address, or has tried to. */
  readonly asked: number;
  /** The master dies, and comes back as the replica of the one that is promoted in its place. */
  failOver(): Promise<void>;
  /**
   * The replica is promoted, and the master lives on as its replica: whoever is connected to it stays
   * so, and is told that it takes no writes. Answers the former master.
   */
  demote(): Promise<StoppableRedis>;
  stop(): Promise<void>;
}

export async function redisPair(): Promise<RedisPair> {
  let [master, replica] = await Promise.all([redisAtPort(), redisAtPort()]);
  await follow(replica, master);
  const address = await movingAddress(() => master.port);

  async function promote(): Promise<StoppableRedis> {
    // One that was never in step would be promoted empty.
    await replica.says('replication', /master_link_status:up/);
    await replica.command('REPLICAOF', 'NO', 'ONE');
    [master, replica] = [replica, master];
    return replica;
  }

  return {
    url: `redis://127.0.0.1:${address.port}`,
    get master() {
      return master;
    },
    get asked() {
      return address.asked;
    },
    async failOver() {
      const former = await promote();
      await former.stop();
      await former.start();
      await follow(former, master);
    },
    async demote() {
      const former = await promote();
      await follow(former, master);
      return former;
    },
    async stop() {
      await address.close();
      await Promise.all([master.stop(), replica.stop()]);
    },
  };
}

function follow(replica: StoppableRedis, { port }: StoppableRedis): Promise<unknown> {
  return replica.command('REPLICAOF', '127.0.0.1', String(port));
}

/** Whoever connects gets to the port that it leads to just then, and stays there. */
async function movingAddress(to: () => number) {
  const open = new Set<Socket>();
  let asked = 0;
  const server = net.createServer((socket) => {
    const there = net.connect(to(), '127.0.0.1');
    asked += 1;
    socket.on('data', () => (asked += 1));
    for (const [one, other] of [[socket, there] as const, [there, socket] as const]) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => undefined);
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get asked() {
      return asked;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

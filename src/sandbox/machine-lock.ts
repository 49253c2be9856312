import { createHash } from 'node:crypto';
import net from 'node:net';

/**
 * Runs `work` while no other process of this machine, and no other caller in this one, runs under
 * the same name. The lock is an abstract socket (Linux), which the kernel frees together with its
 * holder, however that ends: there is no stale lock.
 */
export async function withMachineLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const address = `\0linnet-${createHash('sha256').update(name).digest('hex')}`;
  const release = await acquire(address);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(address: string): Promise<() => Promise<void>> {
  for (;;) {
    const release = await tryAcquire(address);
    if (release !== undefined) return release;
    await untilReleased(address);
  }
}

/** Undefined while another holds the lock. */
function tryAcquire(address: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<net.Socket>();
    const server = net.createServer((waiter) => {
      waiting.add(waiter);
      waiter.on('error', () => waiter.destroy());
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(() => release(server, waiting)));
  });
}

/** Lets go of the socket first, so that those who are told find it free. */
function release(server: net.Server, waiting: ReadonlySet<net.Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const waiter of waiting) waiter.destroy();
  });
}

/** Resolves when the holder lets go, which cuts the connection to it. */
function untilReleased(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.resume();
  });
}

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';

/**
 * Returns `directory`, filled by `build` if nobody has filled it yet. It appears whole or not at
 * all: `build` fills a folder beside it, which takes its name when complete. Of several processes
 * that want it at once, one builds and the others wait for it.
 */
export async function buildOnce(
  directory: string,
  build: (target: string) => Promise<void>,
  report: (line: string) => void,
): Promise<string> {
  if (existsSync(directory)) return directory;
  return withLock(directory, async () => {
    if (existsSync(directory)) return directory;
    const name = path.basename(directory);
    const started = performance.now();
    report(`${name}: not cached, making it now`);
    const partial = `${directory}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await build(partial);
    await rename(partial, directory);
    report(`${name}: made in ${Math.round((performance.now() - started) / 1000)} s (${directory})`);
    return directory;
  });
}

/**
 * Holds the machine's lock called `name` while `work` runs. The lock is a listening abstract
 * socket, so the kernel frees it with its holder, however that ends: there is no stale lock.
 */
async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const address = `\0linnet-${createHash('sha256').update(name).digest('hex')}`;
  for (;;) {
    const release = await acquire(address);
    if (release === undefined) {
      await released(address);
      continue;
    }
    try {
      return await work();
    } finally {
      release();
    }
  }
}

/** Undefined if another process holds the lock. */
function acquire(address: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const waiters = new Set<net.Socket>();
    const server = net.createServer((waiter) => {
      waiters.add(waiter);
      waiter.on('error', () => waiter.destroy());
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () =>
      resolve(() => {
        server.close();
        for (const waiter of waiters) waiter.destroy();
      }),
    );
  });
}

/** Resolves when the holder of the lock lets go of it, which cuts the connection to it. */
function released(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.resume();
  });
}

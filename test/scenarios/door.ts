import net from 'node:net';

/** A way to a server that can be shut: then connections break, and no new ones are let in. */
export interface Door {
  /** Where the server is to be reached through the door. */
  readonly url: string;
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

/** `to` is the URL of a server on this machine. */
export async function startDoor(to: string): Promise<Door> {
  const { hostname, port } = new URL(to);
  const passing = new Set<net.Socket>();
  let isOpen = true;
  const server = net.createServer((outside) => {
    if (!isOpen) return void outside.destroy();
    const inside = net.connect(Number(port), hostname);
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      passing.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        passing.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const empty = () => {
    for (const socket of passing) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    shut() {
      isOpen = false;
      empty();
    },
    open() {
      isOpen = true;
    },
    close() {
      empty();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

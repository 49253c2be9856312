import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../cluster-state.ts';
import type { Storage } from '../objects/storage.ts';
import { objectsOf } from './pod-defaults.ts';

/** Which Services hold which addresses of 10.96.0.0/16 and which node ports, as of the last commit. */
export class AddressHolders {
  readonly #storage: Storage;
  readonly #addresses = new Map<unknown, string | undefined>();
  readonly #nodePorts = new Set<unknown>();
  #asOf = NEVER;
  /** Every address before it is taken. */
  #firstFree = FIRST_ADDRESS;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Whether another Service has the address. */
  isTaken(address: unknown, uid: string | undefined): boolean {
    this.#catchUp();
    return this.#addresses.has(address) && this.#addresses.get(address) !== uid;
  }

  freeAddress(): string {
    this.#catchUp();
    for (; this.#firstFree <= LAST_ADDRESS; this.#firstFree += 1) {
      const address = `10.96.${this.#firstFree >> 8}.${this.#firstFree & 255}`;
      if (!this.#addresses.has(address)) return address;
    }
    throw new Error('no address of 10.96.0.0/16 is free');
  }

  /** @param own those that the Service has been given already. */
  freeNodePort(own: ReadonlySet<number>): number {
    this.#catchUp();
    let free = FIRST_NODE_PORT;
    while ((this.#nodePorts.has(free) || own.has(free)) && free < LAST_NODE_PORT) free += 1;
    return free;
  }

  #catchUp(): void {
    const storage = this.#storage;
    if (this.#asOf !== NEVER && storage.remembers(this.#asOf)) {
      const changes = storage.eventsSince(this.#asOf).filter(({ table }) => table === SERVICES);
      for (const { type, object, previous } of changes) {
        this.#replace(previous, type === 'DELETED' ? undefined : object);
      }
    } else {
      this.#addresses.clear();
      this.#nodePorts.clear();
      this.#firstFree = FIRST_ADDRESS;
      for (const service of storage.list(SERVICES)) this.#replace(undefined, service);
    }
    this.#asOf = storage.revision;
  }

  #replace(before: KubeObject | undefined, after: KubeObject | undefined): void {
    const [given, taken] = [holdingsOf(before), holdingsOf(after)];
    if (isDeepStrictEqual(given, taken)) return;
    for (const address of given.addresses) this.#addresses.delete(address);
    for (const port of given.nodePorts) this.#nodePorts.delete(port);
    if (given.addresses.length > 0) this.#firstFree = FIRST_ADDRESS;
    for (const address of taken.addresses) this.#addresses.set(address, after?.metadata.uid);
    for (const port of taken.nodePorts) this.#nodePorts.add(port);
  }
}

interface Holdings {
  readonly addresses: readonly unknown[];
  readonly nodePorts: readonly unknown[];
}

function holdingsOf(service: KubeObject | undefined): Holdings {
  const { clusterIP, ports } = service?.spec ?? {};
  return {
    addresses: clusterIP === undefined || clusterIP === 'None' ? [] : [clusterIP],
    nodePorts: objectsOf(ports).flatMap(({ nodePort }) => nodePort ?? []),
  };
}

const SERVICES = 'services';
const NEVER = -1;
const FIRST_ADDRESS = 10;
const LAST_ADDRESS = 65_534;
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

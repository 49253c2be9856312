import { reachOf, type Resolve } from '../../src/adapters/network/reach.ts';
import { hostsByDefault } from '../../src/allowed-hosts.ts';
import type { Reach } from '../../src/ports/reach.ts';

/** As on a machine that has cluster, receivers and Linnet: there loopback is open. */
export function reachWithLoopback(resolve?: Resolve): Reach {
  return reachOf({ allowed: hostsByDefault(true), ...(resolve && { resolve }) });
}

import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that no URL in a manifest may reach: link-local ones, and those under which clouds hand
 * out credentials to whoever asks. Whoever may write a Canary must not read the node's identity.
 */
const FORBIDDEN = blockList();

function blockList(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  // The same IPv4 addresses behind NAT64.
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
  // Metadata outside the link-local range: Alibaba, Azure, Oracle, AWS over IPv6, Google over IPv6.
  list.addAddress('100.100.100.200', 'ipv4');
  list.addAddress('168.63.129.16', 'ipv4');
  list.addAddress('192.0.0.192', 'ipv4');
  list.addAddress('fd00:ec2::254', 'ipv6');
  list.addAddress('fd20:ce::254', 'ipv6');
  return list;
}

/** Whether a literal address is one of them. A name is not: what it resolves to is checked later. */
export function isForbidden(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  return family !== 0 && FORBIDDEN.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export const FORBIDDEN_CODE = 'ELINKLOCAL';

/** All addresses of a name, as `dns.lookup` with `all` gives them. */
export type Resolve = (
  host: string,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export const systemResolve: Resolve = (host, callback) => resolve(host, { all: true }, callback);

/**
 * A lookup for sockets that fails when a name leads to a forbidden address. It is asked for the very
 * connection that is made, so that a name cannot change its mind after the check.
 */
export function guardedLookup(resolveAll: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolveAll(host, (error, all) => {
      const addresses = all?.filter(({ family }) => isOfFamily(family, options.family));
      if (error !== null) callback(error, '');
      else if (all.some(({ address }) => isForbidden(address))) callback(forbidden(), '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

function isOfFamily(family: number, wanted: number | string | undefined): boolean {
  const asked = typeof wanted === 'string' ? Number(wanted.slice(-1)) : (wanted ?? 0);
  return asked === 0 || asked === family;
}

function forbidden(): NodeJS.ErrnoException {
  return Object.assign(new Error('forbidden address'), { code: FORBIDDEN_CODE });
}

import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AllowedHosts, OutOfReach, type Reach } from '../../ports/reach.ts';
import { closedAddress, holds, listOf } from './closed-addresses.ts';

export interface ReachOptions {
  readonly allowed: AllowedHosts;
  /** URLs of the controller's own settings: whoever wrote these wrote the allow list too. */
  readonly own?: readonly string[];
  readonly resolve?: Resolve;
}

/** All addresses of a name, as `dns.lookup` with `all` gives them. */
export type Resolve = (
  host: string,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A host may be called when an entry names it, or when every address it has lies in a range. Closed
 * addresses need a range in any case: neither a name nor `*` opens them.
 */
export function reachOf({ allowed, own = [], resolve = systemResolve }: ReachOptions): Reach {
  const ranges = listOf(allowed.ranges);
  const ownUrls = own.filter((text) => URL.canParse(text)).map((text) => new URL(text));
  const ownOrigins = new Set(ownUrls.map(({ origin }) => origin));
  const names = [...allowed.names, ...ownUrls.map(hostOf)];

  const isNamed = (host: string) => names.some((name) => covers(name, host));
  const inRange = (address: string) => holds(ranges, address);

  function refusalOf(host: string, addresses: readonly string[]): string | undefined {
    const closed = addresses.filter((address) => !inRange(address)).map(closedAddress);
    const found = closed.find((one) => one !== undefined);
    if (found !== undefined) {
      return `the address is ${found.what}, which needs a range of its own in --allowed-hosts: ${found.why}`;
    }
    const isListed = isNamed(host) || (addresses.length > 0 && addresses.every(inRange));
    return isListed ? undefined : notAmong(allowed);
  }

  return {
    refusal(url, resolvedBy) {
      if (ownOrigins.has(url.origin)) return undefined;
      const host = hostOf(url);
      if (isIP(host) !== 0) return refusalOf(host, [host]);
      const lookupTells = resolvedBy === 'linnet' && allowed.ranges.length > 0;
      return lookupTells || isNamed(host) ? undefined : notAmong(allowed);
    },
    lookup: (host, options, callback) => {
      resolve(host, (error, all) => {
        if (error !== null) return callback(error, '');
        const why = refusalOf(
          plain(host),
          all.map(({ address }) => address),
        );
        if (why !== undefined) return callback(new OutOfReach(why), '');
        answer(all, options, callback);
      });
    },
  };
}

const systemResolve: Resolve = (host, callback) => resolve(host, { all: true }, callback);

/** As the socket wants it: of one family or of both, the first or all. */
function answer(
  all: readonly LookupAddress[],
  options: Parameters<LookupFunction>[1],
  callback: Parameters<LookupFunction>[2],
): void {
  const wanted = Number(String(options.family ?? 0).slice(-1));
  const fitting = all.filter(({ family }) => wanted === 0 || family === wanted);
  if (options.all === true) callback(null, fitting);
  else callback(null, fitting[0]?.address ?? '', fitting[0]?.family);
}

/** Of a URL, which has brought decimal, octal and hexadecimal addresses to their usual form. */
function hostOf({ hostname }: URL): string {
  return plain(hostname.replace(/^\[|\]$/g, ''));
}

/** A dot at the end only says that the name is complete. */
function plain(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function covers(name: string, host: string): boolean {
  if (name === '*') return true;
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) : name === host;
}

function notAmong({ names, ranges }: AllowedHosts): string {
  const entries = [...names, ...ranges.map(({ address, prefix }) => `${address}/${prefix}`)];
  const shown = entries.length === 0 ? 'none' : entries.slice(0, SHOWN).join(', ');
  const more = entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : '';
  return `the host of the address is not among --allowed-hosts, which are ${shown}${more}`;
}

const SHOWN = 5;

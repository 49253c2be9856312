import { isIP } from 'node:net';
import type { AddressRange, AllowedHosts } from './ports/reach.ts';

/** To follow "allowed is". */
export const ALLOWED_HOSTS_SHAPE =
  'a list, separated by commas, of host names, *.suffixes, *, addresses and ranges such as 10.0.0.0/8';

/** Reads `hooks.slack.com,*.example.com,10.0.0.0/8`; undefined when an entry is none of these. */
export function parseAllowedHosts(text: string): AllowedHosts | undefined {
  const entries = text
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  const ranges = entries.map(rangeOf);
  const names = entries.filter((_, i) => ranges[i] === undefined);
  if (entries.length === 0 || !names.every((name) => NAME.test(name))) return undefined;
  return { names, ranges: ranges.filter((range) => range !== undefined) };
}

/** Any host but closed addresses; on `isOneMachine`, with loopback. */
export function hostsByDefault(isOneMachine: boolean): AllowedHosts {
  return { names: ['*'], ranges: isOneMachine ? LOOPBACK : [] };
}

const LOOPBACK: readonly AddressRange[] = [
  { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '::1', prefix: 128, family: 'ipv6' },
];

const LABEL = '[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?';

/** A last label of digits would make it an address that is written wrongly. */
const NAME = new RegExp(String.raw`^(\*|(\*\.)?(${LABEL}\.)*(?![0-9]+$)${LABEL})$`);

function rangeOf(entry: string): AddressRange | undefined {
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const most = family === 4 ? 32 : 128;
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > most)) {
    return undefined;
  }
  return {
    address,
    prefix: prefix === undefined ? most : Number(prefix),
    family: family === 4 ? 'ipv4' : 'ipv6',
  };
}

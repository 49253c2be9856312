import { BlockList, isIP } from 'node:net';
import type { AddressRange } from '../../ports/reach.ts';

/** Addresses that no URL of a manifest reaches unless an entry of the allow list names them. */
interface Closed {
  /** To follow "the address is". */
  readonly what: string;
  /** To follow a colon. */
  readonly why: string;
  readonly list: BlockList;
}

const CLOSED: readonly Closed[] = [
  {
    what: 'a link-local one',
    why: 'cloud credentials are served there',
    list: closed(['169.254.0.0/16', 'fe80::/10']),
  },
  {
    // Outside the link-local range: Alibaba, Azure, Oracle, AWS over IPv6, Google over IPv6.
    what: 'that of a cloud’s metadata service',
    why: 'cloud credentials are served there',
    list: closed([
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
    ]),
  },
  {
    // Unspecified addresses lead there too.
    what: 'a loopback one',
    why: 'what listens there trusts its own machine',
    list: closed(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']),
  },
];

/** What a literal address is, where it is closed; undefined where it is open. */
export function closedAddress(address: string): Pick<Closed, 'what' | 'why'> | undefined {
  return CLOSED.find(({ list }) => holds(list, address));
}

/** Whether a list holds an address; IPv4 addresses are also seen through their IPv6 form. */
export function holds(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export function listOf(ranges: readonly AddressRange[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of ranges) list.addSubnet(address, prefix, family);
  return list;
}

function closed(texts: readonly string[]): BlockList {
  return listOf(texts.map(rangeOf).flatMap((range) => [range, ...behindTranslators(range)]));
}

function rangeOf(text: string): AddressRange {
  const [address = '', prefix] = text.split('/');
  return { address, prefix: Number(prefix), family: isIP(address) === 4 ? 'ipv4' : 'ipv6' };
}

/** The same IPv4 addresses as IPv6 reaches them: NAT64, well-known and local, and 6to4. */
function behindTranslators({ address, prefix, family }: AddressRange): AddressRange[] {
  if (family === 'ipv6') return [];
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return [
    { address: `64:ff9b::${hex}`, prefix: 96 + prefix, family: 'ipv6' },
    { address: `64:ff9b:1::${hex}`, prefix: 96 + prefix, family: 'ipv6' },
    { address: `2002:${hex}::`, prefix: 16 + prefix, family: 'ipv6' },
  ];
}

import { isIP, isIPv4, isIPv6 } from 'node:net';

const DURATION = /^[+-]?(?:0|(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
const LONG_DURATION =
  /^\s*\d+\s*(?:ns|us|µs|ms|s|sec|secs|seconds?|m|mins?|minutes?|h|hours?|d|days?|w|weeks?)\s*$/;

/** The formats the API server checks; a format it does not know is not checked. */
const FORMATS: Record<string, (value: string) => boolean> = {
  'date-time': (value) =>
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i.test(value) &&
    !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => DURATION.test(value) || LONG_DURATION.test(value),
  ipv4: (value) => isIPv4(value),
  ipv6: (value) => isIPv6(value),
  cidr: isCidr,
  byte: (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  uuid: (value) =>
    /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  email: (value) => /^[^\s@]+@[^\s@]+$/.test(value),
  hostname: (value) => /^[A-Za-z0-9]([-A-Za-z0-9.]{0,253}[A-Za-z0-9])?$/.test(value),
  uri: (value) => /^[a-z][a-z0-9+.-]*:/i.test(value) || value.startsWith('/'),
  mac: (value) => /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(value),
};

export function hasFormat(value: string, format: string): boolean {
  return FORMATS[format]?.(value) ?? true;
}

function isCidr(value: string): boolean {
  const [address = '', bits = ''] = value.split('/');
  const version = isIP(address);
  return version !== 0 && /^\d+$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}

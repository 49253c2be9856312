import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { OutOfReach, type Reach } from '../../ports/reach.ts';

/**
 * Sockets to the address of a template, through the proxy that the environment names, if any. They
 * lead only where the allow list lets them: a name is judged by the look-up that its very connection
 * is made by, and one that a proxy resolves must be listed itself.
 */
export function agentFor(
  url: URL,
  { reach, anyCertificate }: { reach: Reach | undefined; anyCertificate: boolean },
): Dispatcher {
  const tls = { rejectUnauthorized: !anyCertificate };
  const connect = reach === undefined ? tls : { ...tls, lookup: reach.lookup };
  // A proxy cannot reach our loopback.
  if (LOOPBACK.test(url.hostname)) return new Agent({ connect });
  const proxyTls = reach === undefined ? {} : { lookup: towardsProxy(reach, url) };
  return new EnvHttpProxyAgent({ connect, requestTls: tls, proxyTls });
}

/** Why an address is not to be called; undefined when it may be, as far as it tells itself. */
export function refusalOfUrl(url: URL, reach: Reach | undefined): string | undefined {
  const byName = !LOOPBACK.test(url.hostname) && PROXIES.some(isAddress);
  return reach?.refusal(url, byName ? 'proxy' : 'linnet');
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The name of a proxy is looked up only where the proxy is used: by then the URL is known to be its to resolve. */
function towardsProxy(reach: Reach, url: URL): LookupFunction {
  return (host, options, callback) => {
    const refusal = reach.refusal(url, 'proxy');
    if (refusal === undefined) return lookup(host, options, callback);
    callback(new OutOfReach(refusal), '');
  };
}

/** As undici knows them. */
const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/** Whether a variable names a proxy by its address, for which nothing is looked up. */
function isAddress(variable: string): boolean {
  const text = process.env[variable] ?? '';
  return URL.canParse(text) && isIP(new URL(text).hostname.replace(/^\[|\]$/g, '')) !== 0;
}

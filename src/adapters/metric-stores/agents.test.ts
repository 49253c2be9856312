import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import { measureTemplate } from '../../../test/conformance/metric-stores/measuring.ts';
import { parseAllowedHosts } from '../../allowed-hosts.ts';
import { reachOf } from '../network/reach.ts';

let fake: FakeStore;
let proxy: http.Server;
/** What the proxy was asked to reach. */
let tunnels: string[];

beforeEach(async () => {
  fake = await fakeStore(saying('7'));
  tunnels = [];
  proxy = http.createServer();
  proxy.on('connect', (request, socket: net.Socket) => {
    tunnels.push(request.url ?? '');
    const { port } = new URL(fake.url);
    const onward = net.connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  for (const variable of ['http_proxy', 'https_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY']) {
    vi.stubEnv(variable, undefined);
  }
});

afterEach(async () => {
  vi.unstubAllEnvs();
  proxy.closeAllConnections();
  await Promise.all([fake.close(), new Promise((resolve) => proxy.close(resolve))]);
});

/** By a proxy that the environment names so, with this list of hosts. */
function measureBy(host: string, allowed: string, address = 'http://metrics.example') {
  vi.stubEnv('HTTP_PROXY', `http://${host}:${(proxy.address() as AddressInfo).port}`);
  const reach = reachOf({
    allowed: parseAllowedHosts(allowed)!,
    resolve: (_host, callback) => callback(null, [{ address: '192.0.2.1', family: 4 }]),
  });
  return measureTemplate({ provider: { type: 'web', address }, query: '/', options: { reach } });
}

const NOT_LISTED = {
  kind: 'error',
  why: expect.stringMatching(
    / is not called: the host of the address is not among --allowed-hosts, /,
  ),
};

describe.each(['127.0.0.1', 'localhost'])('by the proxy %s of the environment', (host) => {
  it('a listed name is reached', async () => {
    expect(await measureBy(host, 'metrics.example')).toEqual({ kind: 'value', value: 7 });
    expect(tunnels).toEqual(['metrics.example:80']);
  });

  it('a name that only its addresses could tell is not: nobody here sees them', async () => {
    expect(await measureBy(host, '192.0.2.0/24')).toMatchObject(NOT_LISTED);
    expect(tunnels).toEqual([]);
  });

  it('loopback is not asked for', async () => {
    expect(await measureBy(host, '127.0.0.1', fake.url)).toEqual({ kind: 'value', value: 7 });
    expect(tunnels).toEqual([]);
  });
});

it('what NO_PROXY names is called directly, and judged by its addresses', async () => {
  vi.stubEnv('NO_PROXY', 'metrics.example');
  expect(await measureBy('localhost', '198.51.100.0/24')).toMatchObject(NOT_LISTED);
  expect(tunnels).toEqual([]);
});

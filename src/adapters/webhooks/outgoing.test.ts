import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reachWithLoopback } from '../../../test/builders/reach.ts';
import {
  cut,
  json,
  type Reply,
  scriptedServer,
  type ScriptedServer,
  silence,
} from '../../../test/builders/scripted-server.ts';
import { SELF_SIGNED } from '../../../test/builders/self-signed.ts';
import { type Answer, BODY_LIMIT, createOutgoing, type Post } from './outgoing.ts';

let server: ScriptedServer;
let other: ScriptedServer;
const outgoing = createOutgoing(reachWithLoopback());

beforeAll(async () => {
  [server, other] = await Promise.all([scriptedServer(), scriptedServer()]);
});

afterAll(async () => {
  await outgoing.close();
  await Promise.all([server.close(), other.close()]);
});

function post(path: string, options: Partial<Post> = {}): Promise<Answer> {
  const url = path.startsWith('/') ? `${server.url}${path}` : path;
  const signal = new AbortController().signal;
  return outgoing.post({ url, body: { a: 1 }, deadlineMs: 10_000, signal, ...options });
}

function redirect(code: number, location: string): Reply {
  return json(code, {}, { location });
}

/** Writes 1 KiB again and again, for as long as somebody reads. */
function endless(everyMs: number): Reply {
  return (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'.repeat(1024)), everyMs);
    response.once('close', () => clearInterval(timer));
  };
}

describe('a POST', () => {
  test('carries JSON and headers, and brings the answer back', async () => {
    server.play(json(201, { fine: true }));
    const answer = await post('/a/b?c=d', { headers: { 'idempotency-key': 'u/1/x' } });
    expect(answer).toEqual({
      kind: 'answered',
      code: 201,
      body: '{"fine":true}',
      retryAfterMs: undefined,
    });
    const [received] = server.received;
    expect(received).toMatchObject({ method: 'POST', path: '/a/b', body: { a: 1 } });
    expect(received?.query.get('c')).toBe('d');
    expect(received?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'u/1/x',
      'user-agent': 'linnet',
    });
  });

  test('takes user and password from the address', async () => {
    server.play(json(200, {}));
    await post(server.url.replace('http://', 'http://me:p%40ss@'));
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(server.received[0]?.headers.authorization).toBe(basic);
  });

  test.each([
    ['seconds', '7', 7],
    ['no time at all', '0', 0],
    ['a date', new Date(Date.now() + 3_600_000).toUTCString(), 3600],
    ['a date that has passed', 'Mon, 01 Jan 2001 00:00:00 GMT', undefined],
    ['nonsense', 'soon', undefined],
  ])('hears Retry-After as %s', async (_, header, seconds) => {
    server.play(json(429, {}, { 'retry-after': header }));
    const answer = await post('/');
    const ms = answer.kind === 'answered' ? answer.retryAfterMs : NaN;
    // Dates are whole seconds, and the test takes some of its own.
    expect(ms === undefined ? ms : Math.round(ms / 60_000)).toBe(
      seconds === undefined ? seconds : Math.round(seconds / 60),
    );
  });
});

describe('bad weather', () => {
  test('silence ends at the deadline', async () => {
    server.play(silence);
    expect(await post('/', { deadlineMs: 100 })).toEqual({
      kind: 'unanswered',
      why: 'no answer within 0.1 s',
      isFinal: false,
    });
  });

  test.each([Infinity, 2 ** 40])(
    'a deadline of %d ms is cut to what can be waited for',
    async (ms) => {
      server.play(json(200, {}));
      expect(await post('/', { deadlineMs: ms })).toMatchObject({ code: 200 });
    },
  );

  test('a body that drips for ever is an answer all the same', async () => {
    server.play(endless(20));
    const answer = await post('/', { deadlineMs: 200 });
    expect(answer).toMatchObject({ kind: 'answered', code: 200 });
  });

  test('of an endless body only the beginning is read, and the connection is let go', async () => {
    let gone: Promise<unknown> | undefined;
    server.play((response, received) => {
      gone = once(response, 'close');
      endless(0)(response, received);
    });
    const answer = await post('/');
    expect(answer).toMatchObject({ kind: 'answered', code: 200, body: 'x'.repeat(BODY_LIMIT) });
    await gone;
  });

  test('a body that is cut leaves what came before', async () => {
    server.play(cut('{"beginning":'));
    expect(await post('/')).toMatchObject({ code: 200, body: '{"beginning":' });
  });

  test('a connection that is cut', async () => {
    server.play(cut());
    expect(await post('/')).toMatchObject({
      why: expect.stringMatching(/^the connection was cut before an answer came/) as string,
      isFinal: false,
    });
  });

  test('nobody listens', async () => {
    const probe = net.createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    expect(await post(`http://127.0.0.1:${port}/secret`)).toEqual({
      kind: 'unanswered',
      why: 'nobody listens at the address (ECONNREFUSED)',
      isFinal: false,
    });
  });

  test('whoever calls it off hears so', async () => {
    server.play(silence);
    const caller = new AbortController();
    const answer = post('/', { signal: caller.signal });
    await server.arrival();
    caller.abort();
    expect(await answer).toMatchObject({ why: 'called off before an answer came' });
  });

  test('a header that is none harms nobody', async () => {
    const answer = await post('/', { headers: { authorization: 'Bearer se\ncret' } });
    expect(answer).toMatchObject({ kind: 'unanswered' });
    expect(JSON.stringify(answer)).not.toContain('cret');
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('%i is an answer, and not followed', async (code) => {
    server.play(redirect(code, '/moved'));
    expect(await post('/')).toMatchObject({ kind: 'answered', code });
    expect(server.received).toHaveLength(1);
  });

  test('leads to no other host either', async () => {
    other.play(json(200, {}));
    server.play(redirect(307, other.url.replace('127.0.0.1', 'localhost')));
    expect(await post('/')).toMatchObject({ code: 307 });
    expect(other.received).toEqual([]);
  });
});

describe('addresses that are not called', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://169.254.0.1/',
    'http://0xA9FEA9FE/',
    'http://2852039166/',
    'http://169.254.43518/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
  ])('%s', async (url) => {
    const answer = await post(url);
    expect(answer).toMatchObject({ kind: 'unanswered', isFinal: true });
    expect(JSON.stringify(answer)).toMatch(/needs a range of its own in --allowed-hosts/);
    expect(JSON.stringify(answer)).not.toContain('169.254');
  });

  test.each(['', 'no url', 'ftp://host/', 'file:///etc/passwd', 'http://', 'http://a%zz@host/'])(
    '%j',
    async (url) => {
      const answer = await outgoing.post({
        url,
        body: {},
        deadlineMs: 1000,
        signal: new AbortController().signal,
      });
      expect(answer).toEqual({
        kind: 'unanswered',
        why: 'the address is not a URL that starts with http:// or https://',
        isFinal: true,
      });
    },
  );

  test.each([
    ['only there', ['169.254.169.254']],
    ['there too', ['127.0.0.1', '169.254.169.254']],
    ['there over IPv6', ['fe80::a9fe']],
  ])('a name that leads %s', async (_, addresses) => {
    const fooled = createOutgoing(
      reachWithLoopback((_host, callback) =>
        callback(
          null,
          addresses.map((address) => ({ address, family: net.isIP(address) })),
        ),
      ),
    );
    const { port } = new URL(server.url);
    server.play(json(200, {}));
    const answer = await fooled.post({
      url: `http://metadata.example:${port}/`,
      body: {},
      deadlineMs: 5000,
      signal: new AbortController().signal,
    });
    expect(answer).toMatchObject({ kind: 'unanswered', isFinal: true });
    expect(server.received).toEqual([]);
    await fooled.close();
  });

  test('a name that does not resolve may do so later', async () => {
    const lost = createOutgoing(
      reachWithLoopback((_host, callback) =>
        callback(Object.assign(new Error('secret.example'), { code: 'ENOTFOUND' }), []),
      ),
    );
    const answer = await lost.post({
      url: 'http://secret.example/',
      body: {},
      deadlineMs: 5000,
      signal: new AbortController().signal,
    });
    expect(answer).toEqual({
      kind: 'unanswered',
      why: 'the host name of the address does not resolve (ENOTFOUND)',
      isFinal: false,
    });
    await lost.close();
  });

  test('a proxy among them', async () => {
    const answer = await post('/', { proxy: 'http://169.254.169.254:3128' });
    expect(answer).toMatchObject({ isFinal: true });
    expect(JSON.stringify(answer)).toContain('of the proxy');
  });
});

describe('certificates', () => {
  let secure: https.Server;
  let url: string;

  beforeAll(async () => {
    secure = https.createServer(SELF_SIGNED, (_request, response) => response.end('in'));
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
  });

  afterAll(() => {
    secure.closeAllConnections();
    secure.close();
  });

  test('that nobody signed are refused', async () => {
    expect(await post(url)).toMatchObject({
      why: 'the certificate is signed by nobody who is trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
      isFinal: false,
    });
  });

  test('are not looked at when the user says so', async () => {
    expect(await post(url, { anyCertificate: true })).toMatchObject({ code: 200, body: 'in' });
  });
});

describe('a proxy', () => {
  test('carries the request', async () => {
    const asked: string[] = [];
    const proxy = http.createServer();
    proxy.on('connect', (request, socket: net.Socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
      const [host = '', port] = (request.url ?? '').split(':');
      const upstream = net.connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    server.play(json(200, {}));
    const answer = await post('/through', {
      proxy: `http://u:p@127.0.0.1:${port}/some?where#else`,
    });
    expect(answer).toMatchObject({ code: 200 });
    expect(server.received[0]?.path).toBe('/through');
    const basic = Buffer.from('u:p').toString('base64');
    expect(asked).toEqual([`${new URL(server.url).host} Basic ${basic}`]);
    proxy.closeAllConnections();
    proxy.close();
  });
});

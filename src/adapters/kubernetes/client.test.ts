import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { EventEmitter, once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  cut,
  json,
  type Reply,
  type ScriptedServer,
  scriptedServer,
  silence,
  status,
  text,
} from '../../../test/builders/scripted-server.ts';
import { ClusterError, isConflict, type WatchEvent } from '../../ports/cluster.ts';
import { CANARY_KIND, DEPLOYMENT, NAMESPACE, SECRET } from '../../ports/kinds.ts';
import type { CallReport } from './client-calls.ts';
import { createApiClient, type ClientOptions, type LiveClient } from './client.ts';
import { serverClock } from './clock.ts';
import type { Connection, Credentials } from './kubeconfig.ts';

const NOW = { 'retry-after': '0' };

let server: ScriptedServer;
const clients: LiveClient[] = [];

beforeAll(async () => {
  server = await scriptedServer();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(() => server.close());

function client(options: Partial<ClientOptions> = {}): LiveClient {
  const made = createApiClient({
    connection: connectionTo(server.url),
    version: '1.2.3',
    ...options,
  });
  clients.push(made);
  return made;
}

function connectionTo(url: string, more: Partial<Connection> = {}): Connection {
  const credentials: Credentials = { headers: { authorization: 'Bearer s3cret' }, tls: {} };
  return {
    server: url,
    proxy: undefined,
    namespace: undefined,
    credentials: () => Promise.resolve(credentials),
    refused: () => false,
    ...more,
  };
}

function deployment(name: string, resourceVersion = '1') {
  return {
    metadata: { name, namespace: 'shop', resourceVersion },
    spec: { newer: { than: 'us' } },
  };
}

const object = { apiVersion: 'apps/v1', kind: 'Deployment', ...deployment('web') };

async function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
}

describe('requests', () => {
  it('keep every field of raw JSON', async () => {
    server.play(json(200, object));
    expect(await client().get(DEPLOYMENT, 'shop', 'web')).toEqual(object);
  });

  it.each([
    ['get', (c: LiveClient) => c.get(NAMESPACE, undefined, 'shop'), 'GET /api/v1/namespaces/shop'],
    [
      'create',
      (c: LiveClient) => c.create(DEPLOYMENT, object, { dryRun: true }),
      'POST /apis/apps/v1/namespaces/shop/deployments?fieldManager=linnet&dryRun=All',
    ],
    [
      'replace of a status',
      (c: LiveClient) => c.replace(CANARY_KIND, object, { subresource: 'status' }),
      'PUT /apis/linnet.dev/v1beta1/namespaces/shop/canaries/web/status?fieldManager=linnet',
    ],
    [
      'apply',
      (c: LiveClient) => c.patch(DEPLOYMENT, 'shop', 'web', 'apply', object, { force: true }),
      'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=linnet&force=true',
    ],
    [
      'delete',
      (c: LiveClient) => c.delete(DEPLOYMENT, 'shop', 'web', { uid: 'u' }),
      'DELETE /apis/apps/v1/namespaces/shop/deployments/web',
    ],
  ])('address a %s', async (_, ask, expected) => {
    server.play(json(200, object));
    await ask(client());
    const [{ method, path, query } = expect.fail('nothing came')] = server.received;
    const asked = query.size === 0 ? path : `${path}?${query.toString()}`;
    expect(`${method} ${asked}`).toBe(expected);
  });

  it('say who asks and as whom', async () => {
    server.play(json(200, object));
    await client().patch(DEPLOYMENT, 'shop', 'web', 'merge', { spec: null });
    expect(server.received[0]).toMatchObject({
      headers: {
        'user-agent': 'linnet/1.2.3',
        authorization: 'Bearer s3cret',
        'content-type': 'application/merge-patch+json',
      },
      body: { spec: null },
    });
  });

  it('send the preconditions of a delete', async () => {
    server.play(json(200, { kind: 'Status' }));
    await client().delete(DEPLOYMENT, 'shop', 'web', { uid: 'u', resourceVersion: '7' });
    expect(server.received[0]?.body).toMatchObject({
      preconditions: { uid: 'u', resourceVersion: '7' },
    });
  });

  it('take a missing object as an answer', async () => {
    server.play(status(404, 'NotFound'));
    expect(await client().get(DEPLOYMENT, 'shop', 'web')).toBeUndefined();
    await client().delete(DEPLOYMENT, 'shop', 'web');
  });

  it('share connections', async () => {
    const ports = new Set<number | undefined>();
    server.play((response, received) => {
      ports.add(response.socket?.remotePort);
      json(200, object)(response, received);
    });
    const one = client();
    for (let n = 0; n < 20; n++) await one.get(DEPLOYMENT, 'shop', 'web');
    // A second one while the first is still taking leave of its answer.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('leave connections whose certificates are outdated', async () => {
    const ports: (number | undefined)[] = [];
    server.play((response, received) => {
      ports.push(response.socket?.remotePort);
      json(200, object)(response, received);
    });
    let credentials: Credentials = { headers: {}, tls: { ca: 'old' } };
    const one = client({
      connection: connectionTo(server.url, { credentials: () => Promise.resolve(credentials) }),
    });
    await one.get(DEPLOYMENT, 'shop', 'web');
    credentials = { headers: { 'x-new': 'token' }, tls: { ca: 'old' } };
    await one.get(DEPLOYMENT, 'shop', 'web');
    credentials = { headers: {}, tls: { ca: 'new' } };
    await one.get(DEPLOYMENT, 'shop', 'web');
    expect(ports[2]).not.toBe(ports[0]);
    expect(ports[2]).not.toBe(ports[1]);
  });

  it('are reported', async () => {
    const reports: CallReport[] = [];
    server.play(status(503, 'ServiceUnavailable', 'no', NOW), json(200, object));
    await client({ onRequest: (report) => reports.push(report) }).get(DEPLOYMENT, 'shop', 'web');
    expect(reports).toMatchObject([
      { method: 'get', resource: 'deployments', code: 503 },
      { method: 'get', resource: 'deployments', code: 200 },
    ]);
  });

  it('tell the time of the server', async () => {
    const date = 'Sat, 21 Nov 2043 10:00:00 GMT';
    server.play(json(200, object, { date }));
    const clock = serverClock();
    await client({ clock }).get(DEPLOYMENT, 'shop', 'web');
    expect(Math.abs(clock.now() - Date.parse(date))).toBeLessThan(5_000);
  });
});

describe('refusals', () => {
  it('carry what the Status says', async () => {
    server.play(status(409, 'Conflict', 'the object has been modified'));
    const error = await failureOf(client().replace(DEPLOYMENT, object));
    expect(error).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(error.message).toBe(
      'PUT deployments.apps shop/web: 409 Conflict: the object has been modified',
    );
    expect(isConflict(error)).toBe(true);
  });

  it('have a reason without a Status too', async () => {
    server.play(text(403, 'go away'));
    expect(await failureOf(client().replace(DEPLOYMENT, object))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
    });
  });

  it('never repeat what the server says about a Secret, nor credentials', async () => {
    server.play(status(422, 'Invalid', 'Invalid value: "hunter2"'));
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' } };
    const error = await failureOf(client().create(SECRET, secret));
    expect(error.message).toBe('POST secrets shop/s: 422 Invalid');
    expect(JSON.stringify(error) + error.stack).not.toMatch(/hunter2|s3cret/);
  });

  it('of the credentials are tried again with new ones', async () => {
    let token = 'old';
    const connection = connectionTo(server.url, {
      credentials: () => Promise.resolve({ headers: { authorization: token }, tls: {} }),
      refused: () => {
        if (token === 'new') return false;
        token = 'new';
        return true;
      },
    });
    server.play(status(401, 'Unauthorized'), json(200, object));
    await client({ connection }).replace(DEPLOYMENT, object);
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['old', 'new']);

    server.play(status(401, 'Unauthorized'));
    expect((await failureOf(client({ connection }).replace(DEPLOYMENT, object))).code).toBe(401);
    expect(server.received).toHaveLength(1);
  });
});

describe('bad weather', () => {
  const reading = (c: LiveClient) => c.get(DEPLOYMENT, 'shop', 'web');
  const writing = (c: LiveClient) => c.replace(DEPLOYMENT, object);
  const good = json(200, object);

  it.each([
    ['429', status(429, 'TooManyRequests', 'slow down', NOW)],
    ['500', status(500, 'InternalError', 'etcd', NOW)],
    ['503', status(503, 'ServiceUnavailable', 'starting', NOW)],
    ['a cut connection', cut()],
    ['half an answer', cut('{"apiVersion": "apps/v1", "ki')],
    ['an answer that is not JSON', text(200, '<html>welcome</html>')],
  ])('is waited out by reads: %s', async (_, bad: Reply) => {
    server.play(bad, good);
    expect(await reading(client())).toEqual(object);
    expect(server.received).toHaveLength(2);
  });

  it.each<[string, Reply, number, number]>([
    ['429', status(429, 'TooManyRequests', 'slow down', NOW), 2, 200],
    ['500', status(500, 'InternalError', 'etcd', NOW), 1, 500],
    ['a cut connection', cut(), 1, 0],
    ['half an answer', cut('{"apiVersion"'), 1, 0],
  ])('repeats writes only where the server cannot have acted: %s', async (_, bad, times, code) => {
    server.play(bad, good);
    const outcome = await writing(client()).then(
      () => 200,
      (error: ClusterError) => error.code,
    );
    expect({ outcome, times: server.received.length }).toEqual({ outcome: code, times });
  });

  it('repeats a write that nobody listened to', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));

    const reports: CallReport[] = [];
    const connection = connectionTo(`http://127.0.0.1:${port}`);
    const one = client({
      connection,
      onRequest: (report) => reports.push(report),
      deadlineMs: 500,
    });
    const error = await failureOf(writing(one));
    expect(error).toMatchObject({ code: 0, reason: 'NoAnswer' });
    expect(error.message).toContain('ECONNREFUSED');
    expect(reports.length).toBeGreaterThan(1);
  });

  it('ends at the deadline', async () => {
    server.play(silence);
    const error = await failureOf(writing(client({ deadlineMs: 40 })));
    expect(error.message).toBe('PUT deployments.apps shop/web: no answer: none within 0.04 s');
  });

  it('does not wait longer than it may', async () => {
    server.play(status(429, 'TooManyRequests', 'slow down', { 'retry-after': '3600' }));
    const error = await failureOf(reading(client()));
    expect(error).toMatchObject({ code: 429, retryAfterMs: 3_600_000 });
    expect(server.received).toHaveLength(1);
  });

  it('ends when its caller has called off', async () => {
    server.play(silence);
    const caller = new AbortController();
    const arrived = server.arrival();
    const written = failureOf(client().replace(DEPLOYMENT, object, { signal: caller.signal }));
    await arrived;
    caller.abort(new Error('the job took too long'));
    expect((await written).message).toContain('the job took too long');
  });
});

describe('lists', () => {
  const page = (names: string[], more?: string): Reply =>
    json(200, {
      kind: 'DeploymentList',
      metadata: { resourceVersion: '40', continue: more },
      items: names.map((name) => deployment(name)),
    });

  it('come in pages, and their items know what they are', async () => {
    server.play(page(['a', 'b'], 'next'), page(['c']));
    const list = await client().list(DEPLOYMENT, { namespace: 'shop', labelSelector: 'app=web' });
    expect(list.resourceVersion).toBe('40');
    expect(list.items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Deployment a',
      'Deployment b',
      'Deployment c',
    ]);
    expect(server.received.map(({ query }) => query.toString())).toEqual([
      'labelSelector=app%3Dweb&limit=500',
      'labelSelector=app%3Dweb&limit=500&continue=next',
    ]);
  });

  it('start over when a page has expired, in the end without pages', async () => {
    const expired = status(410, 'Expired', 'The provided continue parameter is too old');
    server.play(page(['a'], 'x'), expired, page(['a'], 'y'), expired, page(['a', 'b']));
    expect((await client().list(DEPLOYMENT)).items).toHaveLength(2);
    expect(server.received.map(({ query }) => query.get('limit'))).toEqual([
      '500',
      '500',
      '500',
      '500',
      null,
    ]);
  });

  it('may be empty', async () => {
    server.play(json(200, { metadata: { resourceVersion: '4' }, items: null }));
    expect(await client().list(DEPLOYMENT)).toEqual({ resourceVersion: '4', items: [] });
  });

  it('never hold the content of objects when only metadata was asked for', async () => {
    const secret = { metadata: { name: 's', resourceVersion: '1' }, data: { key: 'aHVudGVyMg==' } };
    server.play(json(200, { metadata: { resourceVersion: '4' }, items: [secret] }));
    const { items } = await client().list(SECRET, { metadataOnly: true });
    expect(items).toEqual([{ apiVersion: 'v1', kind: 'Secret', metadata: secret.metadata }]);
    expect(server.received[0]?.headers.accept).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    );
  });
});

describe('watches', () => {
  const event = (type: string, name: string, resourceVersion: string) =>
    `${JSON.stringify({ type, object: deployment(name, resourceVersion) })}\n`;

  const stream =
    (...chunks: (string | Buffer)[]): Reply =>
    (response) => {
      response.writeHead(200);
      for (const chunk of chunks) response.write(chunk);
      response.end();
    };

  async function watched(signal = new AbortController().signal): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    for await (const seen of client().watch(DEPLOYMENT, { resourceVersion: '40', signal })) {
      events.push(seen);
    }
    return events;
  }

  /** Sends one event; resolves when the connection is closed. */
  function closing(): Promise<void> {
    return new Promise((resolve) => {
      server.play((response) => {
        response.on('close', resolve);
        response.writeHead(200);
        response.write(event('ADDED', 'a', '41'));
      });
    });
  }

  it('give events and bookmarks, however the bytes are cut', async () => {
    const bytes = Buffer.from(event('ADDED', 'grün', '41') + event('DELETED', 'web', '42'));
    const middle = bytes.indexOf('ü') + 1;
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '50' } } };
    server.play(
      stream(bytes.subarray(0, middle), bytes.subarray(middle), `\n${JSON.stringify(bookmark)}\n`),
    );
    expect(await watched()).toEqual([
      { type: 'ADDED', object: { ...object, ...deployment('grün', '41') } },
      { type: 'DELETED', object: { ...object, ...deployment('web', '42') } },
      { type: 'BOOKMARK', resourceVersion: '50' },
    ]);
    const query = Object.fromEntries(server.received[0]?.query ?? []);
    expect(query).toMatchObject({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '40',
    });
    expect(Number(query['timeoutSeconds'])).toBeGreaterThanOrEqual(240);
    expect(Number(query['timeoutSeconds'])).toBeLessThanOrEqual(360);
  });

  it.each<[string, Reply, Partial<ClusterError>]>([
    ['the version is too old', status(410, 'Expired'), { code: 410, reason: 'Expired' }],
    [
      'the version becomes too old',
      stream('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'),
      { code: 410, reason: 'Expired' },
    ],
    ['an error has no code', stream('{"type":"ERROR","object":{}}\n'), { code: 500 }],
    ['the server is busy', status(429, 'TooManyRequests', '', NOW), { code: 429, retryAfterMs: 0 }],
    ['the server is down', status(503, 'ServiceUnavailable'), { code: 503 }],
    ['a line is no JSON', stream(event('ADDED', 'a', '1'), 'upstream error\n'), { code: 0 }],
    ['a line is no event', stream('{"type":"ADDED","object":{}}\n'), { code: 0 }],
    ['a line is cut', stream(event('ADDED', 'a', '1').slice(0, -9)), { code: 0 }],
    ['the connection is cut', cut(event('ADDED', 'a', '1')), { code: 0, reason: 'NoAnswer' }],
    ['the connection is refused', cut(), { code: 0, reason: 'NoAnswer' }],
  ])('fail when %s, and are not repeated', async (_, reply, expected) => {
    server.play(reply);
    expect(await failureOf(watched())).toMatchObject(expected);
    expect(server.received).toHaveLength(1);
  });

  it('end quietly when they are called off, and the connection with them', async () => {
    const watcher = new AbortController();
    const closed = closing();
    const events: string[] = [];
    const { signal } = watcher;
    for await (const seen of client().watch(DEPLOYMENT, { resourceVersion: '40', signal })) {
      events.push(seen.type);
      watcher.abort();
    }
    await closed;
    expect(events).toEqual(['ADDED']);
  });

  it('close the connection when nobody reads on', async () => {
    const closed = closing();
    const { signal } = new AbortController();
    for await (const _ of client().watch(DEPLOYMENT, { resourceVersion: '40', signal })) break;
    await expect(closed).resolves.toBeUndefined();
  });

  it('have a deadline for their beginning only', async () => {
    server.play(silence);
    const { signal } = new AbortController();
    const events = client({ deadlineMs: 40 }).watch(DEPLOYMENT, { resourceVersion: '1', signal });
    const error = await failureOf(
      (async () => {
        for await (const _ of events);
      })(),
    );
    expect(error.message).toContain('none within 0.04 s');

    const begun = new EventEmitter();
    server.play((response) => {
      response.writeHead(200);
      response.flushHeaders();
      begun.on('longer than the deadline ago', () => response.end(event('ADDED', 'a', '41')));
    });
    const slow = client({
      deadlineMs: 100,
      onRequest: () => setTimeout(() => begun.emit('longer than the deadline ago'), 150),
    });
    const seen = [];
    for await (const one of slow.watch(DEPLOYMENT, { resourceVersion: '1', signal }))
      seen.push(one);
    expect(seen).toHaveLength(1);
  });
});

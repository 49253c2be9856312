import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectionTo,
  failureOf,
  type ScriptedClients,
  scriptedClients,
  WEB,
} from '../../../test/builders/scripted-clients.ts';
import { json, type ScriptedServer, status, text } from '../../../test/builders/scripted-server.ts';
import { isConflict } from '../../ports/cluster.ts';
import { CANARY_KIND, DEPLOYMENT, NAMESPACE, SECRET } from '../../ports/kinds.ts';
import type { CallReport } from './client-calls.ts';
import type { LiveClient } from './client.ts';
import { serverClock } from './clock.ts';
import { type Connection, connectionFrom, type Credentials } from './kubeconfig.ts';

const NOW = { 'retry-after': '0' };

let scripted: ScriptedClients;
let server: ScriptedServer;
const client: ScriptedClients['client'] = (options) => scripted.client(options);

beforeAll(async () => {
  scripted = await scriptedClients();
  server = scripted.server;
});
afterEach(() => scripted.closeClients());
afterAll(() => server.close());

describe('requests', () => {
  it('keep every field of raw JSON', async () => {
    server.play(json(200, WEB));
    expect(await client().get(DEPLOYMENT, 'shop', 'web')).toEqual(WEB);
  });

  it.each([
    ['get', (c: LiveClient) => c.get(NAMESPACE, undefined, 'shop'), 'GET /api/v1/namespaces/shop'],
    [
      'create',
      (c: LiveClient) => c.create(DEPLOYMENT, WEB, { dryRun: true }),
      'POST /apis/apps/v1/namespaces/shop/deployments?fieldManager=linnet&dryRun=All',
    ],
    [
      'replace of a status',
      (c: LiveClient) => c.replace(CANARY_KIND, WEB, { subresource: 'status' }),
      'PUT /apis/linnet.dev/v1beta1/namespaces/shop/canaries/web/status?fieldManager=linnet',
    ],
    [
      'apply',
      (c: LiveClient) => c.patch(DEPLOYMENT, 'shop', 'web', 'apply', WEB, { force: true }),
      'PATCH /apis/apps/v1/namespaces/shop/deployments/web?fieldManager=linnet&force=true',
    ],
    [
      'delete',
      (c: LiveClient) => c.delete(DEPLOYMENT, 'shop', 'web', { uid: 'u' }),
      'DELETE /apis/apps/v1/namespaces/shop/deployments/web',
    ],
  ])('address a %s', async (_, ask, expected) => {
    server.play(json(200, WEB));
    await ask(client());
    const [{ method, path, query } = expect.fail('nothing came')] = server.received;
    const asked = query.size === 0 ? path : `${path}?${query.toString()}`;
    expect(`${method} ${asked}`).toBe(expected);
  });

  it('say who asks and as whom', async () => {
    server.play(json(200, WEB));
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
      json(200, WEB)(response, received);
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
      json(200, WEB)(response, received);
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
    server.play(status(503, 'ServiceUnavailable', 'no', NOW), json(200, WEB));
    await client({ onRequest: (report) => reports.push(report) }).get(DEPLOYMENT, 'shop', 'web');
    expect(reports).toMatchObject([
      { method: 'get', resource: 'deployments', code: 503 },
      { method: 'get', resource: 'deployments', code: 200 },
    ]);
  });

  it('tell the time of the server', async () => {
    const date = 'Sat, 21 Nov 2043 10:00:00 GMT';
    server.play(json(200, WEB, { date }));
    const clock = serverClock();
    await client({ clock }).get(DEPLOYMENT, 'shop', 'web');
    expect(Math.abs(clock.now() - Date.parse(date))).toBeLessThan(5_000);
  });
});

describe('refusals', () => {
  it('carry what the Status says', async () => {
    server.play(status(409, 'Conflict', 'the object has been modified'));
    const error = await failureOf(client().replace(DEPLOYMENT, WEB));
    expect(error).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(error.message).toBe(
      'PUT deployments.apps shop/web: 409 Conflict: the object has been modified',
    );
    expect(isConflict(error)).toBe(true);
  });

  it('have a reason without a Status too', async () => {
    server.play(text(403, 'go away'));
    expect(await failureOf(client().replace(DEPLOYMENT, WEB))).toMatchObject({
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
    server.play(status(403, 'Forbidden', 'Bearer s3cret may not'));
    const echoed = await failureOf(client().replace(DEPLOYMENT, WEB));
    expect(echoed.message).toBe('PUT deployments.apps shop/web: 403 Forbidden: *** may not');
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
    server.play(status(401, 'Unauthorized'), json(200, WEB));
    await client({ connection }).replace(DEPLOYMENT, WEB);
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['old', 'new']);

    server.play(status(401, 'Unauthorized'));
    expect((await failureOf(client({ connection }).replace(DEPLOYMENT, WEB))).code).toBe(401);
    expect(server.received).toHaveLength(1);
  });
});

describe('a token that is rotated', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'linnet-token-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A kubeconfig that names a file, as a pod's service account does, and a server that takes one token. */
  function serverTaking(token: string): Connection {
    const file = join(folder, 'config');
    writeFileSync(join(folder, 'token'), 'first');
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      users: [{ name: 'u', user: { tokenFile: 'token' } }],
    };
    writeFileSync(file, JSON.stringify(config));
    take(token);
    return connectionFrom({ kubeconfig: file });
  }

  function take(token: string): void {
    server.play((response, received) => {
      const isTaken = received.headers.authorization === `Bearer ${token}`;
      (isTaken ? json(200, WEB) : status(401, 'Unauthorized'))(response, received);
    });
  }

  it('fails no request, not even a write, however many are under way', async () => {
    const one = client({ connection: serverTaking('first') });
    await one.get(DEPLOYMENT, 'shop', 'web');
    writeFileSync(join(folder, 'token'), 'second');
    take('second');
    const asked = Array.from({ length: 30 }, (_, i) =>
      i % 2 === 0 ? one.get(DEPLOYMENT, 'shop', 'web') : one.replace(DEPLOYMENT, WEB),
    );
    expect(await Promise.all(asked)).toHaveLength(30);
  });

  it('says so, and ends, where the file never brings one that is taken', async () => {
    const error = await failureOf(
      client({ connection: serverTaking('other') }).get(DEPLOYMENT, 'shop', 'web'),
    );
    expect(error).toMatchObject({ code: 401, reason: 'Unauthorized' });
  });
});

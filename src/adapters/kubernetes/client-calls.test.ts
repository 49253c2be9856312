import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectionTo,
  failureOf,
  type ScriptedClients,
  scriptedClients,
  WEB,
} from '../../../test/builders/scripted-clients.ts';
import {
  cut,
  json,
  type Reply,
  type ScriptedServer,
  silence,
  status,
  text,
} from '../../../test/builders/scripted-server.ts';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { ClusterError } from '../../ports/cluster.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';
import type { CallReport } from './client-calls.ts';
import type { LiveClient } from './client.ts';

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

describe('bad weather', () => {
  const reading = (c: LiveClient) => c.get(DEPLOYMENT, 'shop', 'web');
  const writing = (c: LiveClient) => c.replace(DEPLOYMENT, WEB);
  const good = json(200, WEB);

  it.each([
    ['429', status(429, 'TooManyRequests', 'slow down', NOW)],
    ['500', status(500, 'InternalError', 'etcd', NOW)],
    ['503', status(503, 'ServiceUnavailable', 'starting', NOW)],
    ['a cut connection', cut()],
    ['half an answer', cut('{"apiVersion": "apps/v1", "ki')],
    ['an answer that is not JSON', text(200, '<html>welcome</html>')],
  ])('is waited out by reads: %s', async (_, bad: Reply) => {
    server.play(bad, good);
    expect(await reading(client())).toEqual(WEB);
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

  it('ends at the deadline when credentials do not come', async () => {
    const credentials = () => new Promise<never>(() => undefined);
    const connection = connectionTo(server.url, { credentials });
    const error = await failureOf(reading(client({ connection, deadlineMs: 20 })));
    expect(error.message).toContain('none within 0.02 s');
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
    const written = failureOf(client().replace(DEPLOYMENT, WEB, { signal: caller.signal }));
    await arrived;
    caller.abort(new Error('the job took too long'));
    expect((await written).message).toContain('the job took too long');
  });
});

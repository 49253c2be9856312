import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  failureOf,
  listedDeployment,
  type ScriptedClients,
  scriptedClients,
  WEB,
} from '../../../test/builders/scripted-clients.ts';
import {
  cut,
  type Reply,
  type ScriptedServer,
  silence,
  status,
} from '../../../test/builders/scripted-server.ts';
import { EventEmitter } from 'node:events';
import type { ClusterError, WatchEvent } from '../../ports/cluster.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';

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

describe('watches', () => {
  const event = (type: string, name: string, resourceVersion: string) =>
    `${JSON.stringify({ type, object: listedDeployment(name, resourceVersion) })}\n`;

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
      { type: 'ADDED', object: { ...WEB, ...listedDeployment('grün', '41') } },
      { type: 'DELETED', object: { ...WEB, ...listedDeployment('web', '42') } },
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
      deadlineMs: 2000,
      onRequest: () => setTimeout(() => begun.emit('longer than the deadline ago'), 2200),
    });
    const seen = [];
    for await (const one of slow.watch(DEPLOYMENT, { resourceVersion: '1', signal }))
      seen.push(one);
    expect(seen).toHaveLength(1);
  });
});

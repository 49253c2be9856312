import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ApiError, type ResourceKind } from '../../src/sandbox/apiserver/cluster-state.ts';
import type { RequestRecord } from '../../src/sandbox/apiserver/faults.ts';
import { startApiServer, type ApiServer } from '../../src/sandbox/apiserver/server.ts';

const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', resource: 'configmaps' };
const PATH = '/api/v1/namespaces/default/configmaps';
const TOKEN = 'a-token';

let server: ApiServer;

beforeEach(async () => {
  server = await startApiServer({ token: TOKEN, historySize: 8, bookmarkEvery: 20 });
});

afterEach(() => server.stop());

interface Asked {
  method?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
}

function ask(path: string, init: Asked = {}): Promise<Response> {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    'user-agent': 'probe/1',
    ...init.headers,
  };
  return fetch(`${server.url}${path}`, { ...init, headers });
}

function create(name: string): void {
  server.state.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' } });
}

interface WatchEvent {
  type: string;
  object: { code?: number; reason?: string; metadata: Record<string, unknown> };
}

/** The events of a watch, one at a time; undefined when it has ended, in peace or not. */
async function watch(query: string): Promise<{ next(): Promise<WatchEvent | undefined> }> {
  const response = await ask(`${PATH}?watch=true${query}`);
  expect(response.status).toBe(200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let buffered = '';
  return {
    async next() {
      while (!buffered.includes('\n')) {
        const read = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (read.value === undefined) return undefined;
        buffered += Buffer.from(read.value).toString('utf8');
      }
      const end = buffered.indexOf('\n');
      const line = buffered.slice(0, end);
      buffered = buffered.slice(end + 1);
      return JSON.parse(line) as WatchEvent;
    },
  };
}

const named = (event: WatchEvent | undefined): string =>
  `${event?.type} ${String(event?.object.metadata['name'])}`;

describe('injected answers', () => {
  test('come as often as told, with the time to wait, and only where told', async () => {
    server.faults.answerWith({
      status: 429,
      retryAfter: 3,
      times: 2,
      when: ({ method, userAgent }) => method === 'GET' && userAgent === 'probe/1',
    });
    const other = await ask(PATH, { headers: { 'user-agent': 'other/1' } });
    expect(other.status).toBe(200);
    for (let time = 0; time < 2; time += 1) {
      const answer = await ask(PATH);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3']);
      expect(await answer.json()).toMatchObject({
        kind: 'Status',
        reason: 'TooManyRequests',
        details: { retryAfterSeconds: 3 },
      });
    }
    expect((await ask(PATH)).status).toBe(200);
  });

  test('end when the weather clears', async () => {
    server.faults.answerWith({ status: 500, times: 100 });
    expect((await ask(PATH)).status).toBe(500);
    server.faults.clear();
    expect((await ask(PATH)).status).toBe(200);
  });

  test('an unreachable server answers nobody', async () => {
    server.faults.unreachable = true;
    await expect(ask(PATH)).rejects.toThrow('fetch failed');
    server.faults.clear();
    expect((await ask(PATH)).status).toBe(200);
  });

  test('writes can be rejected, also those of the sandbox itself', async () => {
    server.faults.admission = ({ object }) => {
      if (object?.metadata.name === 'no') throw new ApiError(403, 'Forbidden', 'not this one');
    };
    expect(() => create('no')).toThrow('not this one');
    const body = JSON.stringify({ metadata: { name: 'no' } });
    const answer = await ask(PATH, { method: 'POST', body });
    expect(answer.status).toBe(403);
    create('yes');
  });
});

describe('watches', () => {
  test('can be cut without a word', async () => {
    const events = await watch('');
    create('a');
    expect(named(await events.next())).toBe('ADDED a');
    server.faults.cutWatches();
    expect(await events.next()).toBeUndefined();
    expect(server.faults.openWatches).toEqual([]);
  });

  test('can lose their place in history', async () => {
    const events = await watch('&resourceVersion=1');
    server.faults.expireWatches(({ userAgent }) => userAgent === 'probe/1');
    expect(await events.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    expect(await events.next()).toBeUndefined();
  });

  test('can go silent, those to come included, until the weather clears', async () => {
    server.faults.silenceWatches();
    const silent = await watch('&allowWatchBookmarks=true');
    server.faults.clear();
    const lively = await watch('');
    create('a');
    expect(named(await lively.next())).toBe('ADDED a');
    server.faults.cutWatches();
    expect(await silent.next()).toBeUndefined();
  });

  test('cannot start from what has been forgotten', async () => {
    create('a');
    server.faults.compact();
    const events = await watch('&resourceVersion=2');
    expect(await events.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  test('forget by themselves after so many commits', async () => {
    for (let count = 0; count < 20; count += 1) create(`n${count}`);
    const events = await watch('&resourceVersion=3');
    expect(await events.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  test('tell how far they have come when asked to', async () => {
    const { metadata } = (await (await ask(PATH)).json()) as {
      metadata: { resourceVersion: string };
    };
    const events = await watch(
      `&allowWatchBookmarks=true&resourceVersion=${metadata.resourceVersion}`,
    );
    server.state.create(
      { group: '', version: 'v1', resource: 'secrets' },
      {
        metadata: { name: 'elsewhere', namespace: 'default' },
      },
    );
    let bookmark = await events.next();
    const seen = Number(metadata.resourceVersion);
    while (Number(bookmark?.object.metadata['resourceVersion']) <= seen)
      bookmark = await events.next();
    expect(bookmark?.type).toBe('BOOKMARK');
  });

  test('end when the client wished', async () => {
    const events = await watch('&timeoutSeconds=1');
    expect(await events.next()).toBeUndefined();
  });
});

describe('at the door', () => {
  test.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer other' }],
  ])('%s is not enough', async (_name, headers) => {
    const answer = await fetch(`${server.url}${PATH}`, {
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ reason: 'Unauthorized', code: 401 });
  });

  test('a body beyond all measure is refused', async () => {
    const body = JSON.stringify({ metadata: { name: 'big' }, data: { x: 'y'.repeat(3_200_000) } });
    const answer = await ask(PATH, { method: 'POST', body });
    expect([answer.status, server.state.list(CONFIG_MAPS, 'default')]).toEqual([413, []]);
  });

  test.each([
    ['that ends too soon', Buffer.from('6b3873000a', 'hex')],
    ['that is none', Buffer.from('hello')],
  ])('protobuf %s is refused', async (_name, body) => {
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const answer = await ask(PATH, { method: 'POST', body, headers });
    expect([answer.status, (await answer.json()) as object]).toEqual([
      400,
      expect.objectContaining({ reason: 'BadRequest' }),
    ]);
  });

  test('every answer is dated and recorded', async () => {
    const records: RequestRecord[] = [];
    server.faults.onRequest((record) => records.push(record));
    const answer = await ask(`${PATH}?limit=5`);
    expect(Date.parse(answer.headers.get('date') ?? '')).not.toBeNaN();
    await answer.text();
    await ask(`${PATH}/missing`);
    const shown = records.map(({ verb, status, userAgent }) => ({ verb, status, userAgent }));
    expect(shown).toEqual([
      { verb: 'list', status: 200, userAgent: 'probe/1' },
      { verb: 'get', status: 404, userAgent: 'probe/1' },
    ]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Behaviour,
  json,
  refusal,
  success,
  text,
  vector,
} from '../../../test/builders/fake-prometheus.ts';
import { PlayedPrometheus } from '../../../test/builders/played-prometheus.ts';
import { numberOf } from './answer.ts';
import type { PrometheusError } from './errors.ts';

const prometheus = new PlayedPrometheus();

describe('an answer', () => {
  it('keeps values exactly as they were sent', async () => {
    prometheus.fake.answer = vector(['+Inf'], ['-Inf'], ['NaN'], ['1234567890123.25'], ['1e-9']);
    const { data } = await prometheus.client().query('up');
    const texts = data.resultType === 'vector' ? data.result.map(({ value }) => value?.[1]) : [];
    expect(texts).toEqual(['+Inf', '-Inf', 'NaN', '1234567890123.25', '1e-9']);
    expect(texts.map((text) => numberOf(text ?? ''))).toEqual([
      Infinity,
      -Infinity,
      NaN,
      1234567890123.25,
      1e-9,
    ]);
  });

  it('has the warnings, and the server’s clock', async () => {
    prometheus.fake.answer = success('vector', [], ['one store did not answer']);
    const { warnings, serverTime } = await prometheus.client().query('up');
    expect(warnings).toEqual(['one store did not answer']);
    expect(Math.abs((serverTime ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('may hold native histograms', async () => {
    prometheus.fake.answer = success('vector', [{ metric: {}, histogram: [1, { count: '3' }] }]);
    expect((await prometheus.client().query('up')).data.result).toHaveLength(1);
  });

  it('may be compressed', async () => {
    prometheus.fake.answer = (_asked, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
      const body = { status: 'success', data: { resultType: 'scalar', result: [1, '4'] } };
      response.end(gzipSync(JSON.stringify(body)));
    };
    expect((await prometheus.client().query('4')).data).toEqual({
      resultType: 'scalar',
      result: [1, '4'],
    });
  });
});

describe('a request', () => {
  it('goes under the path prefix, as a form, without a time of ours', async () => {
    prometheus.fake.answer = vector(['1']);
    await prometheus.client({ url: `${prometheus.fake.url}/prom/` }).query('up{a="ü"}');
    const asked = prometheus.fake.asked.at(-1)!;
    expect(asked).toMatchObject({ method: 'POST', path: '/prom/api/v1/query' });
    expect([...asked.form.entries()]).toEqual([['query', 'up{a="ü"}']]);
  });

  it('asks for a range in seconds', async () => {
    prometheus.fake.answer = success('matrix', []);
    await prometheus.client().range('up', { from: 1_000_000, to: 1_010_000, step: 2500 });
    const { form } = prometheus.fake.asked.at(-1)!;
    expect(Object.fromEntries(form)).toMatchObject({ start: '1000', end: '1010', step: '2.5' });
  });

  it('falls back to GET where POST is refused, and keeps to it', async () => {
    prometheus.fake.answer = (asked, response) =>
      (asked.method === 'POST' ? text('no', 405) : vector(['1']))(asked, response);
    const one = prometheus.client();
    const before = prometheus.fake.asked.length;
    await Promise.all([one.query('up'), one.query('up')]);
    await one.query('up');
    const methods = prometheus.fake.asked.slice(before).map(({ method }) => method);
    expect(methods.toSorted()).toEqual(['GET', 'GET', 'GET', 'POST', 'POST']);
    expect(methods.at(-1)).toBe('GET');
  });

  it('is let in by basic auth, from the options or from the URL', async () => {
    prometheus.fake.answer = vector(['1']);
    const expected = `Basic ${Buffer.from('ann:p@ss').toString('base64')}`;
    await prometheus.client({ basic: { username: 'ann', password: 'p@ss' } }).query('up');
    expect(prometheus.fake.asked.at(-1)!.headers.authorization).toBe(expected);
    await prometheus
      .client({ url: prometheus.fake.url.replace('//', '//ann:p%40ss@') })
      .query('up');
    expect(prometheus.fake.asked.at(-1)!.headers.authorization).toBe(expected);
  });

  it('carries a token that is read anew, and further headers', async () => {
    prometheus.fake.answer = vector(['1']);
    const file = path.join(folder, 'token');
    const one = prometheus.client({ tokenFile: file, headers: { 'X-Scope-OrgID': ['42'] } });
    for (const token of ['first', 'second']) {
      writeFileSync(file, `${token}\n`);
      await one.query('up');
      const { headers } = prometheus.fake.asked.at(-1)!;
      expect(headers).toMatchObject({ authorization: `Bearer ${token}`, 'x-scope-orgid': '42' });
    }
  });

  it('keeps its connection', async () => {
    const ports = new Set<number | undefined>();
    prometheus.fake.answer = (asked, response) => {
      ports.add(response.socket?.remotePort);
      vector(['1'])(asked, response);
    };
    const one = prometheus.client();
    for (let i = 0; i < 5; i++) await one.query('up');
    expect(ports.size).toBe(1);
  });

  it('is made again when a kept connection breaks', async () => {
    prometheus.fake.answer = vector(['1']);
    const one = prometheus.client();
    await one.query('up');
    let cuts = 0;
    prometheus.fake.answer = (asked, response) => {
      if (cuts++ === 0) response.socket?.resetAndDestroy();
      else vector(['2'])(asked, response);
    };
    expect((await one.query('up')).data.result).toMatchObject([{ value: [1, '2'] }]);
  });
});

describe('a failure is one sentence', () => {
  const large = 'x'.repeat(3 * 2 ** 20);
  const cases: [string, Behaviour, Partial<PrometheusError>, RegExp][] = [
    [
      'a query that does not parse',
      refusal(400, 'bad_data', 'parse error:\n  unclosed left parenthesis'),
      { kind: 'query', outage: false },
      /refused the query: parse error: unclosed left parenthesis$/,
    ],
    [
      'a query that cannot be evaluated',
      refusal(422, 'execution', 'many-to-many matching not allowed'),
      { kind: 'query', outage: false },
      /refused the query: many-to-many matching/,
    ],
    [
      'a query that takes the server too long',
      refusal(503, 'timeout', 'query timed out in expression evaluation'),
      { kind: 'timeout', outage: true },
      /gave the query up: query timed out/,
    ],
    ['503 in plain text', text('try later', 503), { kind: 'status' }, /answered 503: try later$/],
    ['503 in HTML', text('<html>oops', 503, 'text/html'), { kind: 'status' }, /answered 503$/],
    ['a login page', text('<html>', 200, 'text/html'), { kind: 'foreign' }, /JSON \(text\/html\)$/],
    ['other JSON', json({ hello: 'world' }), { kind: 'foreign' }, /is not Prometheus’ JSON/],
    ['an empty body', text('', 200), { kind: 'foreign' }, /is not Prometheus’ JSON/],
    ['a result of the wrong shape', success('vector', [1]), { kind: 'foreign' }, /is not Prom/],
    ['an unknown type', success('tensor', []), { kind: 'foreign' }, /is not Prometheus’ JSON/],
    [
      'a redirect',
      (_asked, response) => response.writeHead(302, { location: prometheus.fake.url }).end(),
      { kind: 'status' },
      /answered 302$/,
    ],
    ['wrong credentials', text('Unauthorized', 401), { kind: 'credentials' }, /with 401: Unauth/],
    ['too much', text(large), { kind: 'too-large' }, /answered with more than 1 MiB$/],
    [
      'too much, compressed',
      (_asked, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(large)),
      { kind: 'too-large' },
      /answered with more than 1 MiB$/,
    ],
    [
      'half a body',
      (_asked, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"status":"success"', () => response.socket?.destroy());
      },
      { kind: 'network', outage: true },
      /broke off in the middle of an answer$/,
    ],
    [
      'a connection cut at once',
      (_asked, response) => response.socket?.resetAndDestroy(),
      { kind: 'network' },
      /cannot be reached: the connection was cut$/,
    ],
  ];
  it.each(cases)('%s', async (_name, answer, facts, sentence) => {
    const error = await prometheus.failure(answer, { maxBytes: 2 ** 20 });
    expect(error).toMatchObject(facts);
    expect(error.message).toMatch(sentence);
    expect(error.message).toContain(`Prometheus at ${prometheus.fake.url}`);
    expect(error.message).not.toMatch(/\n/);
  });

  it.each([
    ['says nothing', () => {}],
    ['drips', (_asked, response) => void response.writeHead(200).write('{')],
  ] as [string, Behaviour][])('a server that %s', async (_name, answer) => {
    const error = await prometheus.failure(answer, { timeoutMs: 100 });
    expect(error).toMatchObject({ kind: 'timeout', outage: true });
    expect(error.message).toBe(`Prometheus at ${prometheus.fake.url} did not answer within 0.1 s`);
  });

  it('nobody listens', async () => {
    const error = await prometheus.failure(vector(), { url: 'http://127.0.0.1:1' });
    expect(error).toMatchObject({ kind: 'network', outage: true });
    expect(error.message).toMatch(/cannot be reached: the connection was refused$/);
  });

  it('no such host', async () => {
    const error = await prometheus.failure(vector(), { url: 'http://prometheus.invalid' });
    expect(error).toMatchObject({ kind: 'network', outage: true });
  });

  it('the caller gives up', async () => {
    const stop = new AbortController();
    prometheus.fake.answer = () => stop.abort();
    const query = prometheus.client().query('up', { signal: stop.signal });
    await expect(query).rejects.toMatchObject({ kind: 'cancelled' });
    const late = prometheus.client().query('up', { signal: stop.signal });
    await expect(late).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('a token file that is missing', async () => {
    const error = await prometheus.failure(vector(), { tokenFile: path.join(folder, 'none') });
    expect(error.message).toMatch(/the token file .*none of Prometheus cannot be read: ENOENT/);
  });
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-prometheus-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

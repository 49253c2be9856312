import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import {
  type Measured,
  measureTemplate,
} from '../../../test/conformance/metric-stores/measuring.ts';

let fake: FakeStore;
beforeEach(async () => {
  fake = await fakeStore(saying({ data: { 'success-rate': '99.5', ok: true } }));
});
afterEach(() => fake.close());

const measure = (provider: object, more: Partial<Measured> = {}) =>
  measureTemplate({
    query: '/',
    ...more,
    provider: { type: 'web', address: fake.url, ...provider },
  });

describe('the request', () => {
  it('is a GET of path and parameters below the address, with variables encoded', async () => {
    await measure(
      { address: `${fake.url}/api/?left=out` },
      {
        query: ' /v1/{{ target }}?zone={{ variables.zone }}&t={{ interval }}\n',
        variables: { zone: 'a&b=c/d #é' },
      },
    );
    const { method, path, query } = fake.asked[0]!;
    expect([method, path]).toEqual(['GET', '/api/v1/checkout']);
    expect(Object.fromEntries(query)).toEqual({ zone: 'a&b=c/d #é', t: '60s' });
  });

  it('may have parameters only', async () => {
    await measure({ address: `${fake.url}/api` }, { query: '?q=1' });
    expect([fake.asked[0]?.path, fake.asked[0]?.query.get('q')]).toEqual(['/api', '1']);
  });

  it('is a POST with a body, in which variables stay what they are', async () => {
    const body =
      '{"app": "{{ target }}", "note": "{{ variables.note }}", "size": {{ variables.size }}}';
    await measure({ body }, { variables: { note: '"}, "size": 0', size: '-12.5' } });
    const { method, headers, body: sent } = fake.asked[0]!;
    expect(method).toBe('POST');
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(sent)).toEqual({ app: 'checkout', note: '"}, "size": 0', size: -12.5 });
  });

  it.each([
    [
      { body: '{"size": {{ variables.v }}}' },
      {},
      '1, "a": 2',
      /variables\.v: found '1, "a": 2', allowed is a number/,
    ],
    [
      {},
      { query: '/{{ variables.v }}/x' },
      '..',
      /variables\.v: found '\.\.', allowed is any text that is not only dots$/,
    ],
    [
      {},
      { query: 'http://elsewhere.example/' },
      '',
      /is not a path that starts with \/ or parameters that start with \?$/,
    ],
    [{}, { query: '/a b' }, '', /is not a path/],
    [{}, { query: '/a#b' }, '', /is not a path/],
  ])('is not made with %j %j and %j', async (provider, more, v, sentence) => {
    const measured = await measure(provider, { ...more, variables: { v } });
    expect(measured).toMatchObject({ kind: 'error', why: expect.stringMatching(sentence) });
    expect(fake.asked).toEqual([]);
  });

  it('stays at the host of the address', async () => {
    await measure({}, { query: '//elsewhere.example/x' });
    expect(fake.asked.map(({ headers }) => headers.host)).toEqual([new URL(fake.url).host]);
  });
});

describe('credentials', () => {
  const withSecret = (secret: Record<string, string>) =>
    measure({ secretRef: { name: 'keys' }, jsonPath: '$.data["success-rate"]' }, { secret });

  it.each([
    [{ token: 'abc\n' }, { authorization: 'Bearer abc' }],
    [
      { username: 'ann', password: 'pw' },
      { authorization: `Basic ${Buffer.from('ann:pw').toString('base64')}` },
    ],
    [{ headers: 'X-Api-Key: k1\nX-Tenant: "shop"\n' }, { 'x-api-key': 'k1', 'x-tenant': 'shop' }],
    [
      { token: 'abc', headers: 'X-Api-Key: k1' },
      { authorization: 'Bearer abc', 'x-api-key': 'k1' },
    ],
  ])('of a Secret with %j', async (secret, headers) => {
    expect(await withSecret(secret)).toEqual({ kind: 'value', value: 99.5 });
    expect(fake.asked[0]?.headers).toMatchObject(headers);
  });

  it.each([
    [
      { username: 'ann', pass: 'x' },
      'Secret shop/keys has username, pass, needed are token, or username and password, or headers',
    ],
    [{}, 'Secret shop/keys has no key, needed are token, or username and password, or headers'],
    [
      { headers: 'Host: elsewhere' },
      'Secret shop/keys has headers that are not lines of the form Name: value',
    ],
  ])('not of one with %j', async (secret, sentence) => {
    expect(await withSecret(secret)).toEqual({
      kind: 'error',
      why: `spec.provider.secretRef of MetricTemplate shop/errors: ${sentence}`,
      outage: false,
    });
  });
});

describe('the path to the value', () => {
  it.each([
    ['{$.data["success-rate"]}', { kind: 'value', value: 99.5 }],
    ['$.data.rate', { kind: 'no-data', why: expect.stringMatching(/ has no result$/) }],
    [
      '$.data.ok',
      { kind: 'error', why: expect.stringMatching(/ gives true or false, allowed is one number$/) },
    ],
    ['$.data.*', { kind: 'error', why: expect.stringMatching(/ gives 2 series, allowed is one$/) }],
    [
      '$.data[?(@.ok)]',
      {
        kind: 'error',
        why: expect.stringMatching(
          /^spec\.provider\.jsonPath of .*: found '\$\.data\[\?\(@\.ok\)\]', allowed is a path such as \$\.data\.rate/,
        ),
      },
    ],
  ])('%s', async (jsonPath, expected) => {
    expect(await measure({ jsonPath })).toMatchObject(expected);
  });

  it('is the whole answer without one', async () => {
    fake.answer = saying('42');
    expect(await measure({})).toEqual({ kind: 'value', value: 42 });
  });
});

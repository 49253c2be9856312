import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import {
  type Measured,
  measureTemplate,
} from '../../../test/conformance/metric-stores/measuring.ts';
import { NOW, SINCE } from '../../../test/conformance/metric-stores/store-case.ts';
import { leaksIn, plant } from '../../../test/controller/planted.ts';
import { GoogleAccounts } from './google-access.ts';
import { Line } from './line.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

let fake: FakeStore;
let folder: string;
beforeEach(async () => {
  fake = await fakeStore((asked, response) =>
    (asked.path.endsWith('/token') ? granted('lent') : empty)(asked, response),
  );
  folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-google-'));
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true });
});

const empty = saying({});
const granted = (token: string) => saying({ access_token: token, expires_in: 3600 });

const keyOf = (more: object = {}) =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'of-the-key',
    private_key_id: 'k1',
    private_key: privateKey,
    client_email: 'linnet@shop.iam.gserviceaccount.com',
    token_uri: `${fake.url}/token`,
    ...more,
  });

const measure = (secret: Record<string, string>, more: Partial<Measured> = {}) =>
  measureTemplate({
    query: 'fetch k8s_container',
    secret,
    ...more,
    provider: {
      type: 'stackdriver',
      address: fake.url,
      secretRef: { name: 'keys' },
      ...more.provider,
    },
  });

it('proves who it is by a claim that the account’s key signed', async () => {
  await measure({ project: 'shop', serviceAccountKey: keyOf() });
  const [asked, queried] = fake.asked;
  const form = new URLSearchParams(asked?.body);
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
  const [header = '', claim = '', signature = ''] = form.get('assertion')?.split('.') ?? [];
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;
  expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' });
  expect(read(claim)).toEqual({
    iss: 'linnet@shop.iam.gserviceaccount.com',
    scope: 'https://www.googleapis.com/auth/monitoring.read',
    aud: `${fake.url}/token`,
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
  });
  const signed = Buffer.from(`${header}.${claim}`);
  expect(verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  expect(queried?.headers.authorization).toBe('Bearer lent');
  expect(queried?.path).toBe('/v3/projects/shop/timeSeries:query');
});

it('asks in the project of the key where the Secret names none', async () => {
  await measure({ serviceAccountKey: keyOf() });
  expect(fake.asked[1]?.path).toBe('/v3/projects/of-the-key/timeSeries:query');
});

it('reads long integers, which come as texts', async () => {
  fake.answer = (asked, response) => {
    const timeInterval = { endTime: new Date(NOW).toISOString() };
    const pointData = [{ values: [{ int64Value: '12' }], timeInterval }];
    (asked.path === '/token' ? granted('lent') : saying({ timeSeriesData: [{ pointData }] }))(
      asked,
      response,
    );
  };
  expect(await measure({ serviceAccountKey: keyOf() })).toEqual({ kind: 'value', value: 12 });
});

it('waits for a point of the step', async () => {
  fake.answer = (asked, response) => {
    const timeInterval = { endTime: new Date(SINCE - 1000).toISOString() };
    const pointData = [{ values: [{ doubleValue: 12 }], timeInterval }];
    (asked.path === '/token' ? granted('lent') : saying({ timeSeriesData: [{ pointData }] }))(
      asked,
      response,
    );
  };
  expect(await measure({ serviceAccountKey: keyOf() })).toEqual({
    kind: 'no-data',
    why: 'spec.query of MetricTemplate shop/errors has no point of this step yet',
  });
});

const KEY_IS_NONE = 'serviceAccountKey is not the JSON key of a service account';
it.each([
  ['is no JSON', () => 'key', KEY_IS_NONE],
  ['is that of a user', () => keyOf({ type: 'authorized_user' }), KEY_IS_NONE],
  ['has a token_uri that is no URL', () => keyOf({ token_uri: 'file:///etc/passwd' }), KEY_IS_NONE],
  [
    'has a private key that is none',
    () => keyOf({ private_key: plant() }),
    'serviceAccountKey has a private_key that cannot be read',
  ],
])('a key that %s is told', async (_what, key, sentence) => {
  expect(await measure({ serviceAccountKey: key() })).toEqual({
    kind: 'error',
    why: `spec.provider.secretRef of MetricTemplate shop/errors: ${sentence}`,
    outage: false,
  });
  expect(fake.asked).toEqual([]);
});

it('an account that is gone is told, and its claim is not', async () => {
  fake.answer = ({ body }, response) => {
    const error = { error: 'invalid_grant', error_description: `account not found: ${body}` };
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(error));
  };
  const measured = await measure({ serviceAccountKey: keyOf() });
  const why = measured.kind === 'value' ? '' : measured.why;
  expect(why).toMatch(
    /^spec\.provider\.secretRef of .* refused the credentials with 400: account not found: .*assertion=\*\*\*$/,
  );
  expect(leaksIn(why)).toEqual([]);
});

describe('without a key', () => {
  it('nothing of Linnet’s own goes to an address that is not Google’s', async () => {
    const environment = { GCE_METADATA_HOST: fake.url.replace('http://', '') };
    expect(await measure({ project: 'shop' }, { options: { environment } })).toMatchObject({
      kind: 'error',
      why: expect.stringMatching(
        /^spec\.provider\.address of .*: leads outside of googleapis\.com, where Linnet’s own credentials do not go/,
      ),
    });
    expect(fake.asked).toEqual([]);
  });

  const deadline = { ms: 10_000, signal: new AbortController().signal };
  const line = () => new Line({ title: 'Google', reach: undefined, deadline });

  it('the pod’s own account is asked for, and its token kept until it is about to end', async () => {
    const accounts = new GoogleAccounts({ GCE_METADATA_HOST: fake.url.replace('http://', '') });
    const access = await accounts.ambient(line());
    expect(access.project).toBeUndefined();
    for (const now of [NOW, NOW + 3_290_000, NOW + 3_310_000]) {
      expect(await access.token(now)).toBe('lent');
    }
    expect(fake.asked).toHaveLength(2);
    expect(fake.asked[0]).toMatchObject({
      path: '/computeMetadata/v1/instance/service-accounts/default/token',
      headers: { 'metadata-flavor': 'Google' },
    });
  });

  it('or the account whose key file the environment names', async () => {
    const file = path.join(folder, 'key.json');
    writeFileSync(file, keyOf());
    const accounts = new GoogleAccounts({ GOOGLE_APPLICATION_CREDENTIALS: file });
    const access = await accounts.ambient(line());
    expect(access.project).toBe('of-the-key');
    expect(await access.token(NOW)).toBe('lent');
  });

  it.each([
    ['is gone', undefined, /^the file of GOOGLE_APPLICATION_CREDENTIALS cannot be read: ENOENT$/],
    ['is another', '{}', /^the file of GOOGLE_APPLICATION_CREDENTIALS is not the JSON key of a/],
  ])('a key file that %s is told', async (_what, content, sentence) => {
    const file = path.join(folder, 'key.json');
    if (content !== undefined) writeFileSync(file, content);
    const accounts = new GoogleAccounts({ GOOGLE_APPLICATION_CREDENTIALS: file });
    await expect(accounts.ambient(line())).rejects.toThrow(sentence);
  });

  it('a project must be named', async () => {
    const provider = { secretRef: undefined, address: undefined };
    expect(await measure({}, { provider })).toMatchObject({
      why: 'spec.provider.secretRef of MetricTemplate shop/errors: found nothing, needed is a Secret with project',
    });
  });
});

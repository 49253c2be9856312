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
import { hostsByDefault } from '../../allowed-hosts.ts';
import { reachOf } from '../network/reach.ts';
import { createMetricStores } from './metric-stores.ts';
import { MetricTemplate } from '../../api/metric-template.ts';
import { variablesOf } from '../../api/query-template.ts';
import { aCanary } from '../../../test/builders/canary.ts';

const DATA = saying({ MetricDataResults: [{ Id: 'm1', StatusCode: 'Complete', Values: [3, 2] }] });
const KEYS = { aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: 'hidden' };

let fake: FakeStore;
let folder: string;
beforeEach(async () => {
  fake = await fakeStore(DATA);
  folder = mkdtempSync(path.join(os.tmpdir(), 'linnet-aws-'));
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true });
});

const queryOf = (...Periods: number[]) =>
  JSON.stringify(Periods.map((Period, i) => ({ Id: `m${i}`, MetricStat: { Period } })));

const measure = (more: Partial<Measured> = {}) =>
  measureTemplate({
    query: queryOf(60),
    secret: KEYS,
    ...more,
    provider: {
      type: 'cloudwatch',
      region: 'eu-central-1',
      address: fake.url,
      secretRef: { name: 'keys' },
      ...more.provider,
    },
  });

const sent = () => JSON.parse(fake.asked.at(-1)?.body ?? '{}') as Record<string, unknown>;

describe('periods', () => {
  it.each([
    ['are whole ones of the step', [60], SINCE + 1000, 60, 300],
    ['are those of the coarsest metric', [60, 120, 10], SINCE, 0, 240],
    ['go ten intervals back', [30], SINCE - 3_600_000, -300, 300],
  ])('%s', async (_what, periods, since, start, end) => {
    expect(await measure({ query: queryOf(...periods), since })).toEqual({
      kind: 'value',
      value: 3,
    });
    expect(sent()).toMatchObject({
      StartTime: SINCE / 1000 + start,
      EndTime: SINCE / 1000 + end,
      ScanBy: 'TimestampDescending',
    });
  });

  it('of which none has passed are not asked for', async () => {
    expect(await measure({ query: queryOf(300), since: SINCE + 1000 })).toEqual({
      kind: 'no-data',
      why: 'spec.query of MetricTemplate shop/errors has no complete period of 300 s in this step yet',
    });
    expect(fake.asked).toEqual([]);
  });
});

it.each([
  ['SELECT 1', 'is not a JSON list of metric data queries as GetMetricData takes it'],
  ['{"Id": "m1"}', 'is not a JSON list of metric data queries as GetMetricData takes it'],
  ['[]', 'is not a JSON list of metric data queries as GetMetricData takes it'],
])('%s is no query', async (query, sentence) => {
  expect(await measure({ query })).toMatchObject({
    kind: 'error',
    why: `spec.query of MetricTemplate shop/errors: ${sentence}`,
  });
});

it.each([
  [undefined, 'nothing'],
  ['evil.example/', "'evil.example/'"],
  ['eu', "'eu'"],
])('%s is no region', async (region, found) => {
  const measured = await measure({ provider: { region } });
  expect(measured).toMatchObject({
    kind: 'error',
    why: `spec.provider.region of MetricTemplate shop/errors: found ${found}, needed is a region of AWS such as eu-central-1`,
  });
});

describe('without a Secret', () => {
  const NO_SECRET = { secretRef: undefined };

  it('nothing of Linnet’s own goes to an address outside of AWS', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: plant() };
    const measured = await measure({ provider: NO_SECRET, options: { environment } });
    expect(measured).toMatchObject({
      kind: 'error',
      why: expect.stringMatching(
        /^spec\.provider\.address of .*: leads outside of AWS, where Linnet’s own credentials do not go: needed is a Secret/,
      ),
    });
    expect(fake.asked).toEqual([]);
  });

  /** A template that names no address, where the environment says where AWS is. */
  const own = (environment: Record<string, string>) =>
    measure({
      provider: { ...NO_SECRET, address: undefined },
      options: {
        environment: { AWS_ENDPOINT_URL_CLOUDWATCH: fake.url, ...environment },
        // What the controller's own settings name needs no entry.
        reach: reachOf({ allowed: hostsByDefault(false) }),
      },
    });

  it('an environment without an identity is a sentence', async () => {
    expect(await own({})).toMatchObject({
      kind: 'error',
      why: expect.stringMatching(
        /^spec\.provider\.secretRef of .*: found nothing, and Linnet has no identity of AWS of its own: /,
      ),
    });
  });

  it('keys of the environment are used', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    expect(await own(keys)).toEqual({ kind: 'value', value: 3 });
    const { headers } = fake.asked[0]!;
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/20261102\/eu-central-1\/monitoring\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, /,
    );
    expect(headers['x-amz-security-token']).toBe('t');
  });

  const role = () => {
    const file = path.join(folder, 'token');
    writeFileSync(file, `${plant()}\n`);
    return {
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/linnet',
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ENDPOINT_URL_STS: `${fake.url}/sts`,
    };
  };

  const assumed = (secret: string) =>
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials>
        <SessionToken>${secret}</SessionToken><SecretAccessKey>${secret}</SecretAccessKey>
        <Expiration>2026-11-02T11:05:00Z</Expiration><AccessKeyId>ASIAROLE</AccessKeyId>
      </Credentials></AssumeRoleWithWebIdentityResult>
    </AssumeRoleWithWebIdentityResponse>`;

  it('the role of the ServiceAccount is taken (IRSA)', async () => {
    const secret = plant();
    fake.answer = (asked, response) =>
      (asked.path === '/sts/' ? saying(assumed(secret)) : DATA)(asked, response);
    expect(await own(role())).toEqual({ kind: 'value', value: 3 });
    const [taken, queried] = fake.asked;
    expect(Object.fromEntries(new URLSearchParams(taken!.body))).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::1:role/linnet',
      WebIdentityToken: expect.stringMatching(/^\S+$/),
    });
    expect(queried?.headers.authorization).toContain('Credential=ASIAROLE/');
    expect(queried?.headers['x-amz-security-token']).toBe(secret);
  });

  it('the role of the pod is taken (EKS Pod Identity)', async () => {
    const file = path.join(folder, 'pod-token');
    writeFileSync(file, 'of-the-pod');
    const lent = {
      AccessKeyId: 'ASIAPOD',
      SecretAccessKey: 's',
      Token: 't',
      Expiration: '2026-11-02T11:05:00Z',
    };
    fake.answer = (asked, response) =>
      (asked.path === '/v1/credentials' ? saying(lent) : DATA)(asked, response);
    const measured = await own({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${fake.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
    });
    expect(measured).toEqual({ kind: 'value', value: 3 });
    expect(fake.asked[0]?.headers.authorization).toBe('of-the-pod');
    expect(fake.asked[1]?.headers.authorization).toContain('Credential=ASIAPOD/');
  });

  it('a role that is refused is told, and its token is not', async () => {
    fake.answer = ({ body }, response) => {
      response.writeHead(403).end(`<Error>${body}</Error>`);
    };
    const measured = await own(role());
    expect(measured).toMatchObject({ kind: 'error', outage: true });
    const why = measured.kind === 'value' ? '' : measured.why;
    expect(why).toMatch(/^spec\.provider\.secretRef of .* refused the credentials with 403$/);
    expect(leaksIn(why)).toEqual([]);
  });

  it('an answer that lends nothing is told', async () => {
    fake.answer = saying('<html></html>');
    expect(await own(role())).toMatchObject({
      why: expect.stringMatching(/: the credentials of Linnet’s role cannot be read$/),
    });
  });

  it('a token file that is gone is told', async () => {
    const environment = { ...role(), AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, 'none') };
    expect(await own(environment)).toMatchObject({
      why: expect.stringMatching(
        /: the file of AWS_WEB_IDENTITY_TOKEN_FILE cannot be read: ENOENT$/,
      ),
      outage: true,
    });
  });

  it('a role is kept until it is about to end', async () => {
    fake.answer = (asked, response) =>
      (asked.path === '/sts/' ? saying(assumed('x')) : DATA)(asked, response);
    const stores = createMetricStores({
      secret: () => Promise.resolve(undefined),
      environment: { AWS_ENDPOINT_URL_CLOUDWATCH: fake.url, ...role() },
    });
    const template = MetricTemplate.parse({
      apiVersion: 'linnet.dev/v1beta1',
      kind: 'MetricTemplate',
      metadata: { namespace: 'shop', name: 'errors' },
      spec: { provider: { type: 'cloudwatch', region: 'eu-central-1' }, query: queryOf(60) },
    });
    const variables = variablesOf(aCanary(), '1m');
    const ends = Date.parse('2026-11-02T11:05:00Z');
    for (const now of [NOW, NOW + 60_000, ends - 310_000, ends - 290_000]) {
      await stores.measure(template, variables, { since: SINCE, now });
    }
    const paths = fake.asked.map(({ path: asked }) => asked);
    expect(paths).toEqual(['/sts/', '/', '/', '/', '/sts/', '/']);
  });
});

import { z } from 'zod';
import { type AwsCredentials, type AwsIdentity, domainOf } from './aws-credentials.ts';
import { signedHeaders } from './aws-signature.ts';
import type { Failure } from './failures.ts';
import { jsonOf } from './json.ts';
import { quotedLanguage } from './languages.ts';
import { type Call, type Line, under } from './line.ts';
import { lastOf, type Newest, type Question, type Store, StoreError, wrongQuery } from './store.ts';

/**
 * The query is the list `MetricDataQueries` of GetMetricData. The value is that of the newest period
 * that is over: the present one is still being filled.
 */
export function cloudWatch(identity: AwsIdentity): Store {
  return {
    title: 'CloudWatch',
    language: quotedLanguage({ quotes: '"' }),
    async ask(question) {
      const { provider, query, from, now } = question;
      const region = regionOf(provider);
      const queries = queriesIn(query);
      const period = Math.max(...queries.map(periodOf));
      const [start, end] = [Math.ceil(from / 1000 / period), Math.floor(now / 1000 / period)];
      if (start >= end)
        return [{ missing: `has no complete period of ${period} s in this step yet` }];
      const body = JSON.stringify({
        MetricDataQueries: queries,
        StartTime: start * period,
        EndTime: end * period,
        ScanBy: 'TimestampDescending',
      });
      const credentials = await credentialsFor(question, region, identity);
      const { line, address } = endpointFor(question, region, identity);
      for (const secret of Object.values(credentials)) line.conceal(secret);
      const url = under(address, '/');
      const signed = { service: 'monitoring', region, credentials, now };
      const { host: _, ...headers } = await signedHeaders(url, HEADERS, body, signed);
      const call = { url, headers, body, failure: failureIn };
      const { MetricDataResults } = await line.json(call, Answer);
      return MetricDataResults.map((result) => newestOf(result, call, line));
    },
  };
}

/** It becomes a part of the host that is called. */
function regionOf({ region }: Question['provider']): string {
  if (region !== undefined && /^[a-z]{2,}(-[a-z0-9]+){1,5}$/.test(region)) return region;
  const found = region === undefined ? 'nothing' : `'${region}'`;
  throw new StoreError(
    'spec.provider.region',
    `found ${found}, needed is a region of AWS such as eu-central-1`,
  );
}

const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
};

const Query = z.looseObject({
  Period: z.int().min(1).optional(),
  MetricStat: z.looseObject({ Period: z.int().min(1).optional() }).optional(),
});

function queriesIn(query: string): z.infer<typeof Query>[] {
  const read = z.array(Query).min(1).safeParse(jsonOf(query));
  if (read.success) return read.data;
  throw wrongQuery('is not a JSON list of metric data queries as GetMetricData takes it');
}

/** Seconds. What has none, an expression, goes by its metrics. */
function periodOf({ Period, MetricStat }: z.infer<typeof Query>): number {
  return Period ?? MetricStat?.Period ?? 1;
}

/** What this pod may do is lent to AWS only: a template may lead anywhere. */
async function credentialsFor(
  { provider, secret, now, ambientLine }: Question,
  region: string,
  identity: AwsIdentity,
): Promise<AwsCredentials> {
  const keys = secret.allOrNone('aws_access_key_id', 'aws_secret_access_key');
  if (keys !== undefined) {
    return {
      accessKeyId: keys.aws_access_key_id,
      secretAccessKey: keys.aws_secret_access_key,
      sessionToken: secret.get('aws_session_token'),
    };
  }
  if (provider.address !== undefined && !isAws(new URL(provider.address))) {
    throw new StoreError(
      'spec.provider.address',
      'leads outside of AWS, where Linnet’s own credentials do not go: needed is a Secret with aws_access_key_id and aws_secret_access_key',
    );
  }
  return identity.credentials(region, now, ambientLine);
}

function isAws({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(hostname);
}

/** An endpoint of the environment is the controller's own setting, and needs no entry in the allow list. */
function endpointFor(
  { provider, line, ambientLine }: Question,
  region: string,
  identity: AwsIdentity,
): { line: Line; address: string } {
  if (provider.address !== undefined) return { line, address: provider.address };
  const own = identity.endpoint('CLOUDWATCH');
  if (own !== undefined) return { line: ambientLine, address: own };
  return { line, address: `https://monitoring.${region}.${domainOf(region)}` };
}

/** Throttling comes as a bad request too. */
function failureIn(body: unknown): Failure | undefined {
  const read = Failed.safeParse(body).data;
  if (read === undefined) return undefined;
  const type = read.__type ?? '';
  const words = [type.replace(/^.*#/, ''), read.message ?? read.Message ?? ''];
  return { words: words.filter((word) => word !== '').join(': '), kind: kindOf(type) };
}

const Failed = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

function kindOf(type: string): Failure['kind'] {
  if (/Throttl|LimitExceeded|TooManyRequests/.test(type)) return 'busy';
  if (/Access|Auth|Token|Signature|UnrecognizedClient|OptIn/.test(type)) return 'credentials';
  return /Internal|Unavailable/.test(type) ? 'store' : undefined;
}

const Result = z.object({
  Values: z.array(z.unknown()).default([]),
  StatusCode: z.string().default('Complete'),
  Messages: z.array(z.object({ Value: z.string().default('') })).nullish(),
});

const Answer = z.object({ MetricDataResults: z.array(Result).default([]) });

/** Newest first, as was asked for. */
function newestOf(
  { Values, StatusCode, Messages }: z.infer<typeof Result>,
  call: Call,
  line: Line,
): Newest {
  const words = [StatusCode, ...(Messages ?? []).map(({ Value }) => Value)].join(': ');
  if (StatusCode === 'Forbidden') throw line.failed(call, { words, kind: 'credentials' });
  if (StatusCode !== 'Complete') throw line.partial(call, words);
  return lastOf(Values.toReversed());
}

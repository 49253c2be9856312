import { createHash, generateKeyPairSync } from 'node:crypto';
import { plant } from '../../controller/planted.ts';
import { saying } from '../../builders/fake-store.ts';
import { NOW, type Points, type StoreCase } from './store-case.ts';

const QUERIES = [
  { Id: 'e1', Expression: 'm1 / m2', Label: 'ErrorRate' },
  ...['ErrorCount', 'RequestCount'].map((MetricName, i) => ({
    Id: `m${i + 1}`,
    MetricStat: {
      Metric: {
        Namespace: 'Shop',
        MetricName,
        Dimensions: [{ Name: 'app', Value: '{{ target }}' }],
      },
      Period: 60,
      Stat: 'Sum',
    },
    ReturnData: false,
  })),
];

/** GetMetricData, in the JSON protocol. */
export const CLOUDWATCH: StoreCase = {
  type: 'cloudwatch',
  title: 'CloudWatch',
  provider: { region: 'eu-central-1' },
  query: JSON.stringify(QUERIES, null, 2),
  secret: () => ({ aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: plant() }),
  needed: ['aws_access_key_id', 'aws_secret_access_key'],
  rotated: () => ({ aws_access_key_id: 'AKIDEXAMPLE', aws_secret_access_key: plant() }),
  identityIn: ({ headers }) => headers.authorization,
  queryIn: ({ headers, body }) =>
    headers['x-amz-target'] === 'GraniteServiceVersion20100801.GetMetricData' ? body : undefined,
  series: (...series) =>
    saying({
      Messages: [],
      MetricDataResults: series.map((points, i) => resultOf(`e${i}`, points)),
    }),
  says: { nan: 'NaN', infinity: 'Infinity', wrong: { 'a text': 'many', 'true or false': true } },
  refusal: (status, words) =>
    saying(
      { __type: 'com.amazonaws.cloudwatch#InvalidParameterValueException', message: words },
      status,
    ),
  inPart: [
    [
      'partial data',
      saying({ MetricDataResults: [{ ...resultOf('e1', [0.5]), StatusCode: 'PartialData' }] }),
      /^spec\.provider of .* answered only in part: PartialData$/,
    ],
    [
      'a metric that may not be read',
      saying({
        MetricDataResults: [
          {
            ...resultOf('e1', []),
            StatusCode: 'Forbidden',
            Messages: [{ Code: 'Forbidden', Value: 'no cross-account role' }],
          },
        ],
      }),
      /^spec\.provider\.secretRef of .* refused the credentials .*: Forbidden: no cross-account role$/,
    ],
    [
      'throttling, as a bad request',
      saying(
        { __type: 'com.amazon.coral.availability#ThrottlingException', message: 'Rate exceeded' },
        400,
      ),
      /^spec\.provider of .* takes no more requests for now \(400\): ThrottlingException: Rate exceeded$/,
    ],
    [
      'a key that is gone, as a bad request',
      saying(
        {
          __type: 'com.amazon.coral.service#UnrecognizedClientException',
          message: 'The security token is invalid.',
        },
        400,
      ),
      /^spec\.provider\.secretRef of .* refused the credentials with 400: UnrecognizedClientException: /,
    ],
  ],
};

function resultOf(Id: string, points: Points) {
  const present = points.filter((value) => value !== null);
  return {
    Id,
    Label: 'ErrorRate',
    StatusCode: 'Complete',
    Timestamps: present.map((_, i) => NOW / 1000 - (i + 1) * 60),
    Values: present.toReversed(),
  };
}

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** A key of a service account whose tokens a server of ours gives. */
function serviceAccount(url: string, name: string): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'of-the-key',
    // Stands in every claim that is signed with it.
    private_key_id: plant(),
    private_key: privateKey,
    client_email: `${name}@shop.iam.gserviceaccount.com`,
    client_id: '1',
    token_uri: `${url}/token`,
  });
}

/** timeSeries.query of version 3. */
export const GOOGLE: StoreCase = {
  type: 'stackdriver',
  title: 'Google Cloud Monitoring',
  query: `fetch k8s_container\n| metric 'shop/errors'\n| filter resource.container_name == '{{ target }}'`,
  secret: (url) => ({ project: 'shop-prod', serviceAccountKey: serviceAccount(url, 'linnet') }),
  needed: [],
  rotated: (url) => ({ project: 'shop-prod', serviceAccountKey: serviceAccount(url, 'other') }),
  identityIn: ({ headers }) => headers.authorization,
  queryIn: ({ path, body }) =>
    path === '/v3/projects/shop-prod/timeSeries:query'
      ? (JSON.parse(body) as { query: string }).query
      : undefined,
  identity: (asked, response) => {
    if (asked.path !== '/token') return false;
    const claim = createHash('sha256').update(asked.body).digest('hex');
    saying({ access_token: `${plant()}${claim}`, expires_in: 3599, token_type: 'Bearer' })(
      asked,
      response,
    );
    return true;
  },
  series: (...series) =>
    saying({
      timeSeriesDescriptor: {
        labelDescriptors: [],
        pointDescriptors: [
          { key: 'value.errors', valueType: 'DOUBLE', metricKind: 'GAUGE', unit: '1' },
        ],
      },
      timeSeriesData: series.map((points) => ({ pointData: pointsOf(points) })),
    }),
  says: {
    nan: 'NaN',
    infinity: 'Infinity',
    wrong: { 'a boolValue': { boolValue: true }, 'a distributionValue': { distributionValue: {} } },
  },
  refusal: (status, words) =>
    saying({ error: { code: status, message: words, status: 'INVALID_ARGUMENT' } }, status),
  inPart: [
    [
      'partial errors',
      saying({
        timeSeriesData: [],
        partialErrors: [{ code: 4, message: 'a shard did not answer' }],
      }),
      /^spec\.provider of .* answered only in part: a shard did not answer$/,
    ],
  ],
};

/** Newest first, as Google sends them; what has no value is no point. */
function pointsOf(points: Points) {
  return points
    .map((value, i) => {
      const endTime = new Date(NOW - (points.length - 1 - i) * 60_000).toISOString();
      const typed = typeof value === 'object' ? value : { doubleValue: value };
      return { values: [typed], timeInterval: { startTime: endTime, endTime } };
    })
    .filter(({ values }) => values[0] !== null)
    .toReversed();
}

import { plant } from '../../controller/planted.ts';
import { saying } from '../../builders/fake-store.ts';
import { NOW, type Points, type StoreCase } from './store-case.ts';

const MINUTE = 60_000;

/** Minutes of whole points up to now, as `[start, value]`. */
function minutes(points: Points): [number, unknown][] {
  return points.map((value, i) => [NOW - (points.length - i) * MINUTE, value]);
}

/** GET /api/v1/query. */
export const DATADOG: StoreCase = {
  type: 'datadog',
  title: 'Datadog',
  query: 'avg:trace.http.request.errors{service:{{ target }}}',
  secret: () => ({ datadog_api_key: plant(), datadog_application_key: plant() }),
  needed: ['datadog_api_key', 'datadog_application_key'],
  rotated: () => ({ datadog_api_key: plant(), datadog_application_key: plant() }),
  identityIn: ({ headers }) => [headers['dd-api-key'], headers['dd-application-key']],
  queryIn: ({ query, path }) => (path === '/api/v1/query' ? (query.get('query') ?? '') : undefined),
  series: (...series) =>
    saying({
      status: 'ok',
      res_type: 'time_series',
      series: series.map((points, i) => ({
        end: NOW - 1,
        start: NOW - points.length * MINUTE,
        interval: 60,
        length: points.length,
        metric: 'trace.http.request.errors',
        aggr: 'avg',
        scope: `service:checkout,version:${i}`,
        expression: 'avg:trace.http.request.errors{service:checkout}',
        pointlist: minutes(points),
        unit: null,
      })),
      from_date: NOW - 10 * MINUTE,
      to_date: NOW,
      query: 'avg:trace.http.request.errors{service:checkout}',
      message: '',
      group_by: [],
    }),
  says: { nan: 'NaN', wrong: { 'a text': 'many', 'true or false': true } },
  refusal: (status, words) => saying({ errors: [words] }, status),
  inPart: [
    [
      'an error in a success',
      saying({ status: 'error', error: 'Error parsing query: unable to parse', series: [] }),
      /^spec\.query of .* refused the query .*: Error parsing query: unable to parse$/,
    ],
  ],
};

/** GET /v1/accounts/{account}/query. */
export const NEW_RELIC: StoreCase = {
  type: 'newrelic',
  title: 'New Relic',
  query: "SELECT average(duration) FROM Transaction WHERE appName = '{{ target }}'",
  secret: () => ({ newrelic_account_id: '1234567', newrelic_query_key: plant() }),
  needed: ['newrelic_account_id', 'newrelic_query_key'],
  rotated: () => ({ newrelic_account_id: '1234567', newrelic_query_key: plant() }),
  identityIn: ({ headers }) => headers['x-query-key'],
  queryIn: ({ query, path }) =>
    path === '/v1/accounts/1234567/query' ? (query.get('nrql') ?? '') : undefined,
  series: (...series) =>
    saying({
      results: series.map((points) => ({ average: points.at(-1) ?? null })),
      performanceStats: { inspectedCount: 4, omittedCount: 0, wallClockTime: 12 },
      metadata: {
        eventTypes: ['Transaction'],
        messages: [],
        beginTimeMillis: NOW - MINUTE,
        endTimeMillis: NOW,
        contents: series.map(() => ({ function: 'average', attribute: 'duration', simple: true })),
      },
    }),
  says: { wrong: { 'a text': 'many', 'true or false': true } },
  refusal: (status, words) => saying({ error: words }, status),
};

/** GET /api/v2/metrics/query. */
export const DYNATRACE: StoreCase = {
  type: 'dynatrace',
  title: 'Dynatrace',
  query: 'builtin:service.errors.total.rate:filter(eq("dt.entity.service","{{ target }}"))',
  secret: () => ({ dynatrace_token: plant() }),
  needed: ['dynatrace_token'],
  rotated: () => ({ dynatrace_token: plant() }),
  identityIn: ({ headers }) => headers.authorization,
  queryIn: ({ query, path }) =>
    path === '/api/v2/metrics/query' ? (query.get('metricSelector') ?? '') : undefined,
  series: (...series) =>
    saying({
      totalCount: series.length,
      nextPageKey: null,
      resolution: 'Inf',
      result: [
        {
          metricId: 'builtin:service.errors.total.rate',
          dataPointCountRatio: 0.0006,
          dimensionCountRatio: 0.003,
          data: series.map((points, i) => ({
            dimensions: [`SERVICE-${i}`],
            dimensionMap: { 'dt.entity.service': `SERVICE-${i}` },
            timestamps: points.map((_, n) => NOW - (points.length - 1 - n) * MINUTE),
            values: points,
          })),
        },
      ],
    }),
  says: { nan: 'NaN', wrong: { 'a text': 'many', 'true or false': false } },
  refusal: (status, words) => saying({ error: { code: status, message: words } }, status),
};

import { plant } from '../../controller/planted.ts';
import { saying } from '../../builders/fake-store.ts';
import { NOW, type StoreCase } from './store-case.ts';

/** GET /render. */
export const GRAPHITE: StoreCase = {
  type: 'graphite',
  title: 'Graphite',
  query: `target=summarize(\n  stats.{{ target }}.errors,\n  '1min', 'avg'\n)&from=-{{ interval }}`,
  secret: () => ({ username: 'ann', password: plant() }),
  needed: ['username', 'password'],
  rotated: () => ({ username: 'ann', password: plant() }),
  identityIn: ({ headers }) => headers.authorization,
  queryIn: ({ query, path }) => (path === '/render' ? (query.get('target') ?? '') : undefined),
  series:
    (...series) =>
    (_asked, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      // Graphite has words for infinity that JSON.stringify has not.
      const rendered = series.map((points, i) => {
        const pairs = points.map((value, n) => {
          const written = value === Infinity ? '1e9999' : JSON.stringify(value);
          return `[${written}, ${NOW / 1000 - (points.length - n) * 60}]`;
        });
        return `{"target": "stats.${i}", "tags": {"name": "stats"}, "datapoints": [${pairs.join(', ')}]}`;
      });
      response.end(`[${rendered.join(', ')}]`);
    },
  says: { nan: 'NaN', infinity: Infinity, wrong: { 'a text': 'many', 'true or false': true } },
  refusal: (status, words) => saying(words, status),
};

const COLUMNS = 'result,table,_start,_stop,_time,_value,_field,_measurement';

/** POST /api/v2/query, answered in annotated CSV. */
export const INFLUXDB: StoreCase = {
  type: 'influxdb',
  title: 'InfluxDB',
  query: `from(bucket: "mesh")\n  |> range(start: -{{ interval }})\n  |> filter(fn: (r) => r.app == "{{ target }}")`,
  secret: () => ({ org: 'shop', token: plant() }),
  needed: ['token', 'org'],
  rotated: () => ({ org: 'shop', token: plant() }),
  identityIn: ({ headers, query }) => [headers.authorization, query.get('org')],
  queryIn: ({ body, path }) =>
    path === '/api/v2/query' ? (JSON.parse(body) as { query: string }).query : undefined,
  series: (...series) => saying(series.map((points, i) => tableOf(i, points)).join('\r\n')),
  says: {
    nan: 'NaN',
    infinity: '+Inf',
    wrong: {
      'a string': { type: 'string', text: '12' },
      'a boolean': { type: 'boolean', text: 'true' },
    },
  },
  refusal: (status, words) => saying({ code: 'invalid', message: words }, status),
  inPart: [
    [
      'an error in the middle',
      saying(
        '#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,"Failed to parse, query",897\r\n',
      ),
      /^spec\.query of .* refused the query .*: Failed to parse, query$/,
    ],
  ],
};

/** One table as InfluxDB writes it; a value may bring its type along. */
function tableOf(table: number, points: readonly unknown[]): string {
  const cells = points.map((value) => {
    const typed = value as { type?: string; text?: string } | null;
    return {
      type: typed?.type ?? 'double',
      text:
        typed?.text ?? (typeof value === 'number' ? `${value}` : ((value as string | null) ?? '')),
    };
  });
  const rows = cells.map(({ text }, i) => {
    const time = new Date(NOW - (cells.length - i) * 60_000).toISOString();
    return `,,${table},2026-11-02T09:55:00Z,2026-11-02T10:05:00Z,${time},${text},errors,mesh`;
  });
  const time = 'dateTime:RFC3339';
  return [
    '#group,false,false,true,true,false,false,true,true',
    `#datatype,string,long,${time},${time},${time},${cells.at(-1)?.type ?? 'double'},string,string`,
    '#default,_result,,,,,,,',
    `,${COLUMNS}`,
    ...rows,
    '',
  ].join('\r\n');
}

/** Any API that answers in JSON. */
export const WEB: StoreCase = {
  type: 'web',
  title: 'the server',
  takesAnyText: true,
  provider: { jsonPath: '{$.data[*].rate}' },
  query: '/measure?service={{ target }}&back={{ interval }}',
  secret: () => ({ token: plant(), headers: `X-Api-Key: ${plant()}` }),
  needed: [],
  rotated: () => ({ token: plant() }),
  identityIn: ({ headers }) => [headers.authorization, headers['x-api-key']],
  queryIn: ({ query, path }) => (path === '/measure' ? (query.get('service') ?? '') : undefined),
  series: (...series) =>
    saying({ data: series.map((points) => ({ rate: points.at(-1) ?? null })) }),
  says: {
    nan: 'NaN',
    infinity: 'Infinity',
    wrong: { 'a text': '12 %', 'true or false': true, 'an object': {}, 'a list': [1] },
  },
  refusal: (status, words) => saying(words, status),
};

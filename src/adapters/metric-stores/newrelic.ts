import { z } from 'zod';
import { quotedLanguage } from './languages.ts';
import { under } from './line.ts';
import { lastOf, type Newest, type Store } from './store.ts';

/** What one `SELECT` of NRQL gives over the metric's interval. */
export const NEW_RELIC: Store = {
  title: 'New Relic',
  language: quotedLanguage({
    quotes: `'"\``,
    comments: [
      ['--', '\n'],
      ['//', '\n'],
      ['/*', '*/'],
    ],
  }),
  async ask({ provider, query, secret, line, intervalMs }) {
    const keys = secret.all('newrelic_account_id', 'newrelic_query_key');
    const account = encodeURIComponent(keys.newrelic_account_id);
    const address = provider.address ?? 'https://insights-api.newrelic.com';
    const since = `SINCE ${Math.max(1, Math.floor(intervalMs / 1000))} seconds ago`;
    const call = {
      url: under(address, `/v1/accounts/${account}/query`, { nrql: `${query.trim()} ${since}` }),
      headers: { 'X-Query-Key': keys.newrelic_query_key, Accept: 'application/json' },
      failure: (body: unknown) => ({ words: Failed.safeParse(body).data?.error ?? '' }),
    };
    const answer = await line.json(call, Answer);
    return 'facets' in answer
      ? answer.facets.flatMap(({ results }) => newestOf(results))
      : newestOf(answer.results);
  },
};

const Failed = z.object({ error: z.string() });

/** A value under the name of its function: `result`, `average`, `count`. */
const Results = z.array(z.record(z.string(), z.unknown()));

const Answer = z.union([
  z.object({ facets: z.array(z.object({ results: Results })) }),
  z.object({ results: Results }),
]);

function newestOf(results: z.infer<typeof Results>): Newest[] {
  return results
    .flatMap((result) => Object.values(result).flatMap(valuesOf))
    .map((value) => lastOf([value]));
}

/** `percentiles` holds its values under the percentages that were asked for. */
function valuesOf(found: unknown): unknown[] {
  return typeof found === 'object' && found !== null ? Object.values(found) : [found];
}

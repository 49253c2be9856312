import { z } from 'zod';
import { quotedLanguage } from './languages.ts';
import { under } from './line.ts';
import { addressOf, lastOf, type Store } from './store.ts';

/** One value over the whole period: `resolution=Inf`, as Flagger asks. */
export const DYNATRACE: Store = {
  title: 'Dynatrace',
  language: quotedLanguage({}),
  async ask({ provider, query, secret, line, from, now }) {
    const { dynatrace_token: token } = secret.all('dynatrace_token');
    const call = {
      url: under(addressOf(provider), '/api/v2/metrics/query', {
        metricSelector: query.trim(),
        resolution: 'Inf',
        from: String(Math.floor(from)),
        to: String(Math.floor(now)),
      }),
      headers: { Authorization: `Api-Token ${token}` },
      failure: (body: unknown) => ({ words: Failed.safeParse(body).data?.error.message ?? '' }),
    };
    const { result } = await line.json(call, Answer);
    return result.flatMap(({ data }) => data).map(({ values }) => lastOf(values));
  },
};

const Failed = z.object({ error: z.object({ message: z.string() }) });

const Answer = z.object({
  result: z.array(z.object({ data: z.array(z.object({ values: z.array(z.unknown()) })) })),
});

import { z } from 'zod';
import { quotedLanguage } from './languages.ts';
import { under } from './line.ts';
import type { Newest, Store } from './store.ts';

/** The newest point of a series that is complete: the last one is still being filled. */
export const DATADOG: Store = {
  title: 'Datadog',
  language: quotedLanguage({}),
  async ask({ provider, query, secret, line, from, now }) {
    const keys = secret.all('datadog_api_key', 'datadog_application_key');
    const call = {
      url: under(provider.address ?? 'https://api.datadoghq.com', '/api/v1/query', {
        query,
        from: seconds(from),
        to: seconds(now),
      }),
      headers: {
        'DD-API-KEY': keys.datadog_api_key,
        'DD-APPLICATION-KEY': keys.datadog_application_key,
      },
      failure: (body: unknown) => ({ words: Errors.safeParse(body).data?.errors.join('; ') ?? '' }),
    };
    const { status, error, series } = await line.json(call, Answer);
    if (status === 'error') throw line.failed(call, { words: error ?? '', kind: 'query' });
    return series.map((one) => newestOf(one, from, now));
  },
};

const Errors = z.object({ errors: z.array(z.string()) });

const Series = z.object({
  /** Milliseconds, and the value. */
  pointlist: z.array(z.tuple([z.number()], z.unknown())),
  /** Seconds from point to point. */
  interval: z.number().optional(),
});

const Answer = z.object({
  status: z.string().optional(),
  error: z.string().optional(),
  series: z.array(Series).default([]),
});

/** A point stands for the time from its timestamp on: all of that must lie in the step. */
function newestOf(
  { pointlist, interval = 0 }: z.infer<typeof Series>,
  from: number,
  now: number,
): Newest {
  const whole = pointlist.filter(
    ([at, value]) => at >= from && at + interval * 1000 <= now && value !== null,
  );
  const [, value] = whole.at(-1) ?? [];
  return value === undefined
    ? { missing: `has no complete point of this step yet: each stands for ${interval} s` }
    : { value };
}

function seconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

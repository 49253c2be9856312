import { z } from 'zod';
import type { GoogleAccess, GoogleAccounts } from './google-access.ts';
import { quotedLanguage } from './languages.ts';
import { under } from './line.ts';
import { secretError } from './secret-keys.ts';
import { type Newest, NONE, type Question, type Store, StoreError } from './store.ts';

/** MQL: the newest point of the one series that the query gives. */
export function googleMonitoring(accounts: GoogleAccounts): Store {
  return {
    title: 'Google Cloud Monitoring',
    language: quotedLanguage({
      comments: [
        ['#', '\n'],
        ['//', '\n'],
        ['/*', '*/'],
      ],
    }),
    async ask(question) {
      const { provider, secret, query, line, from, now } = question;
      const access = await accessFor(question, accounts);
      const project = secret.get('project') ?? access.project;
      if (project === undefined) throw noProject(secret.where);
      const token = await access.token(now);
      line.conceal(token);
      const path = `/v3/projects/${encodeURIComponent(project)}/timeSeries:query`;
      const call = {
        url: under(provider.address ?? OFFICIAL, path),
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ query }),
        failure: (body: unknown) => ({ words: Failed.safeParse(body).data?.error.message ?? '' }),
      };
      const { timeSeriesData, partialErrors } = await line.json(call, Answer);
      if (partialErrors.length > 0) {
        throw line.partial(call, partialErrors.map(({ message }) => message).join('; '));
      }
      return timeSeriesData.map(({ pointData }) => newestOf(pointData, from));
    },
  };
}

const OFFICIAL = 'https://monitoring.googleapis.com';

/** What this pod may do is lent to Google only: a template may lead anywhere. */
async function accessFor(
  { provider, secret, line, ambientLine }: Question,
  accounts: GoogleAccounts,
): Promise<GoogleAccess> {
  const key = secret.get('serviceAccountKey');
  if (key !== undefined) return accounts.byKey(key, line);
  const { address } = provider;
  if (address !== undefined && !isGoogle(new URL(address))) {
    throw new StoreError(
      'spec.provider.address',
      'leads outside of googleapis.com, where Linnet’s own credentials do not go: needed is a Secret with serviceAccountKey',
    );
  }
  return accounts.ambient(ambientLine);
}

function isGoogle({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && hostname.endsWith('.googleapis.com');
}

function noProject(where: string | undefined): StoreError {
  const found = where === undefined ? 'found nothing' : `${where} has no project`;
  return secretError(`${found}, needed is a Secret with project`);
}

const Failed = z.object({ error: z.object({ message: z.string() }) });

const Point = z.object({
  values: z.array(z.record(z.string(), z.unknown())),
  timeInterval: z.object({ endTime: z.string() }),
});

const Answer = z.object({
  timeSeriesData: z.array(z.object({ pointData: z.array(Point).default([]) })).default([]),
  partialErrors: z.array(z.object({ message: z.string().default('') })).default([]),
});

function newestOf(points: readonly z.infer<typeof Point>[], from: number): Newest {
  const [newest] = points
    .map(({ values, timeInterval }) => ({ values, at: Date.parse(timeInterval.endTime) }))
    .toSorted((a, b) => b.at - a.at);
  if (newest === undefined) return NONE;
  if (newest.at < from) return { missing: 'has no point of this step yet' };
  const [value, ...further] = newest.values;
  if (value === undefined) return NONE;
  if (further.length > 0) return { type: `${further.length + 1} values a point` };
  const typed = value['doubleValue'] ?? value['int64Value'];
  if (typed !== undefined) return { value: typed };
  const [type = 'nothing'] = Object.keys(value);
  return { type: `a ${type}` };
}

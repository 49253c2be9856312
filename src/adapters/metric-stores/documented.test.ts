import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { aCanary } from '../../../test/builders/canary.ts';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import { CLOUDWATCH, GOOGLE } from '../../../test/conformance/metric-stores/clouds.ts';
import { DATADOG, DYNATRACE, NEW_RELIC } from '../../../test/conformance/metric-stores/hosted.ts';
import { GRAPHITE, INFLUXDB, WEB } from '../../../test/conformance/metric-stores/self-hosted.ts';
import { NOW, SINCE, type StoreCase } from '../../../test/conformance/metric-stores/store-case.ts';
import type { MetricTemplate } from '../../api/metric-template.ts';
import { parseMetricTemplate } from '../../api/parse.ts';
import { variablesOf } from '../../api/query-template.ts';
import { createMetricStores } from './metric-stores.ts';

const PAGE = path.join(import.meta.dirname, '../../../docs/reference/metric-providers.md');
const STORES = [DATADOG, CLOUDWATCH, NEW_RELIC, DYNATRACE, INFLUXDB, GRAPHITE, GOOGLE, WEB];

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
}

const manifests = [...readFileSync(PAGE, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)]
  .flatMap(([, text]) => parseAllDocuments(text ?? ''))
  .map((document) => document.toJSON() as Manifest);

const templates = manifests.filter(({ kind }) => kind === 'MetricTemplate').map(templateOf);

function templateOf(manifest: Manifest): MetricTemplate {
  const read = parseMetricTemplate(manifest);
  if (!read.ok) throw new Error(`${manifest.metadata.name}: ${JSON.stringify(read.problems)}`);
  return read.template;
}

let fake: FakeStore;
beforeEach(async () => {
  fake = await fakeStore(saying({}));
});
afterEach(() => fake.close());

it('every provider has an example', () => {
  const shown = new Set(templates.map(({ spec }) => spec.provider.type));
  expect([...shown].toSorted()).toEqual(
    ['prometheus', ...STORES.map(({ type }) => type)].toSorted(),
  );
});

it.each(
  templates
    .filter(({ spec }) => spec.provider.type !== 'prometheus')
    .map((template) => [template.metadata.name, template] as const),
)('%s is measured', async (_name, template) => {
  const { provider } = template.spec;
  const store = storeOf(template);
  fake.answer = (asked, response) => {
    if (store.identity?.(asked, response) !== true) answerFor(template)(asked, response);
  };
  const there = {
    ...template,
    spec: { ...template.spec, provider: { ...provider, address: fake.url } },
  };
  const stores = createMetricStores({
    secret: (_namespace, name) => Promise.resolve(secretOf(name, store)),
    environment: {
      AWS_ENDPOINT_URL_CLOUDWATCH: fake.url,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    },
  });
  const variables = variablesOf(aCanary(), '1m', { slow: '500' });
  // An identity of Linnet's own goes to addresses that the environment names, and to no template's.
  const measured = provider.type === 'cloudwatch' ? template : there;
  expect(await stores.measure(measured, variables, { since: SINCE, now: NOW })).toEqual({
    kind: 'value',
    value: 0.5,
  });
});

function storeOf({ spec }: MetricTemplate): StoreCase {
  const store = STORES.find(({ type }) => type === spec.provider.type);
  if (store === undefined) throw new Error(`no store is ${spec.provider.type}`);
  return store;
}

function answerFor(template: MetricTemplate) {
  const bodies: Record<string, unknown> = {
    'quality-score': { data: { score: 0.5 } },
    'slow-orders': { took: 3, hits: { total: { value: 0.5, relation: 'eq' } } },
  };
  const body = bodies[template.metadata.name];
  return body === undefined ? storeOf(template).series([0.5]) : saying(body);
}

/** As the page has it; a key of Google's is no text for a page. */
function secretOf(name: string, store: StoreCase): Record<string, string> | undefined {
  const secret = manifests.find(
    ({ kind, metadata }) => kind === 'Secret' && metadata.name === name,
  );
  if (secret === undefined) return undefined;
  return { ...(store.identity === undefined ? {} : store.secret(fake.url)), ...secret.stringData };
}

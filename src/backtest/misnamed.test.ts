import { expect, it } from 'vitest';
import type { SeenWorkload } from '../ports/telemetry.ts';
import { nothingSeen } from './misnamed.ts';

const WANTED = {
  namespace: 'shop',
  names: ['web', 'web-primary'],
  reporters: ['destination', 'waypoint'],
  counter: 'istio_requests_total',
};
const NONE =
  'istio_requests_total has no sample of web or web-primary in namespace shop in this history';

const seen = (name: string, namespace = 'shop', reporter = 'destination'): SeenWorkload => ({
  name,
  namespace,
  reporter,
});

it.each<[string, SeenWorkload[] | undefined, string]>([
  ['nothing at all', [], `${NONE}, nor of any other workload.`],
  ['nobody could say what', undefined, `${NONE}.`],
  [
    'what callers reported',
    [seen('web', 'shop', 'source'), seen('web-primary', 'shop', 'source')],
    'istio_requests_total of web, web-primary is reported by "source" only, and destination and waypoint are believed: --metric-reporters source believes it.',
  ],
  [
    'series without a reporter',
    [seen('web', 'shop', '')],
    'istio_requests_total of web has no label reporter: --metric-reporters none believes it.',
  ],
  [
    'another namespace',
    [seen('web', 'store'), seen('web', 'prod')],
    `${NONE}; in prod, store it has.`,
  ],
  [
    'no label of the namespace',
    [seen('web', '')],
    `${NONE}: its series lack the label destination_workload_namespace (--metric-labels says what it is called).`,
  ],
  [
    'no label of the workload',
    [seen('', '')],
    `${NONE}: its series lack the label destination_workload (--metric-labels says what it is called).`,
  ],
  [
    'versions of it',
    [seen('web-v2'), seen('web-v1')],
    `${NONE}; it has some of shop/web-v1, shop/web-v2; versions side by side are named by --versions web-v1,web-v2.`,
  ],
  [
    'many others',
    Array.from({ length: 9 }, (_, i) => seen(`other-${i}`)),
    `${NONE}; it has some of shop/other-0, shop/other-1, shop/other-2, shop/other-3, shop/other-4, shop/other-5 and 3 more.`,
  ],
])('where the store has %s', (_, found, sentence) => {
  expect(nothingSeen(WANTED, found)).toBe(sentence);
});

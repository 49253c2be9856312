import { z } from 'zod';
import { HttpUrl } from './names.ts';
import { SecretRef } from './references.ts';
import { ruled } from './rule.ts';
import { API_VERSION, METRIC_TEMPLATES } from './group.ts';
import { ObjectMeta } from './metadata.ts';

/** Systems that a template may name: Flagger's, and `web`. Of these, `externalmetrics`, `keptn` and `splunk` are not queried. */
export const MetricProviderType = z.enum([
  'prometheus',
  'influxdb',
  'datadog',
  'externalmetrics',
  'stackdriver',
  'cloudwatch',
  'newrelic',
  'graphite',
  'dynatrace',
  'keptn',
  'splunk',
  'web',
]);
export type MetricProviderType = z.infer<typeof MetricProviderType>;

export const MetricProvider = ruled(
  z.object({
    type: MetricProviderType.describe(
      'System that is queried. `externalmetrics`, `keptn` and `splunk` are accepted and not queried: rollouts that use them hold.',
    ),
    address: HttpUrl.optional().describe(
      'Address of its API. Default: the controller’s Prometheus for `prometheus`; the public API of `datadog`, `newrelic`, `cloudwatch` and `stackdriver`.',
    ),
    secretRef: SecretRef.optional().describe(
      'Secret with its credentials; its keys depend on the type.',
    ),
    headers: z
      .record(z.string().max(253), z.array(z.string()))
      .optional()
      .describe('HTTP headers of the requests.'),
    region: z
      .string()
      .max(253)
      .optional()
      .describe('Region of a cloud’s metrics: for `cloudwatch`.'),
    insecureSkipVerify: z
      .boolean()
      .default(false)
      .describe('Whether the certificate of the server is accepted unchecked.'),
    jsonPath: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe(
        'For `web`: the path to the number in the JSON answer, such as `$.data.rate`. Default: the whole answer.',
      ),
    body: z
      .string()
      .min(1)
      .max(16384)
      .optional()
      .describe(
        'For `web`: JSON that is sent with POST; without it, the request is a GET. Query variables are filled in.',
      ),
  }),
  {
    cel: `self.type != 'web' || has(self.address)`,
    holds: ({ type, address }) => type !== 'web' || address !== undefined,
    field: 'address',
    allowed: 'the URL that a query of type web goes to',
    found: { cel: `'nothing'`, text: () => 'nothing' },
  },
  {
    cel: `self.type == 'web' || (!has(self.jsonPath) && !has(self.body))`,
    holds: ({ type, jsonPath, body }) =>
      type === 'web' || (jsonPath === undefined && body === undefined),
    field: 'type',
    allowed: 'web, where jsonPath or body is set',
    found: { cel: `"'" + self.type + "'"`, text: ({ type }) => `'${type}'` },
  },
);
export type MetricProvider = z.infer<typeof MetricProvider>;

export const MetricTemplateSpec = z.object({
  provider: MetricProvider.describe('Where the query is sent.'),
  query: z
    .string()
    .min(1)
    .max(16384)
    .describe(
      'The query, in the language of the system; for `web`, path and parameters below the address. `{{ name }}`, `{{ namespace }}`, `{{ target }}`, `{{ service }}`, `{{ ingress }}`, `{{ route }}`, `{{ interval }}` and `{{ variables.<name> }}` are filled in.',
    ),
});
export type MetricTemplateSpec = z.infer<typeof MetricTemplateSpec>;

export const MetricTemplate = z.looseObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(METRIC_TEMPLATES.kind),
  metadata: ObjectMeta,
  spec: MetricTemplateSpec,
});
export type MetricTemplate = z.infer<typeof MetricTemplate>;

import { z } from 'zod';
import { HttpUrl } from './names.ts';
import { SecretRef } from './references.ts';
import { API_VERSION, METRIC_TEMPLATES } from './group.ts';
import { ObjectMeta } from './metadata.ts';

/** Systems that a template may name. Linnet queries `prometheus`; the rest stalls the Canary. */
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
]);
export type MetricProviderType = z.infer<typeof MetricProviderType>;

export const MetricTemplateSpec = z.object({
  provider: z
    .object({
      type: MetricProviderType.describe(
        'System that is queried. Linnet queries `prometheus`; the others are accepted, and stall the Canaries that use them.',
      ),
      address: HttpUrl.optional().describe(
        'Address of its API. Default for `prometheus`: the controller’s Prometheus.',
      ),
      secretRef: SecretRef.optional().describe(
        'Secret with its credentials: `username` and `password`, or `token`.',
      ),
      headers: z
        .record(z.string().max(253), z.array(z.string()))
        .optional()
        .describe('HTTP headers of the requests.'),
      region: z.string().max(253).optional().describe('Region of a cloud’s metrics.'),
      insecureSkipVerify: z
        .boolean()
        .default(false)
        .describe('Whether the certificate of the server is accepted unchecked.'),
    })
    .describe('Where the query is sent.'),
  query: z
    .string()
    .min(1)
    .max(16384)
    .describe(
      'The query. `{{ name }}`, `{{ namespace }}`, `{{ target }}`, `{{ service }}`, `{{ ingress }}`, `{{ route }}`, `{{ interval }}` and `{{ variables.<name> }}` are filled in.',
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

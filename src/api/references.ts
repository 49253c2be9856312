import { z } from 'zod';
import { DnsLabel, ObjectName } from './names.ts';
import { ruled } from './rule.ts';
import { WholeFrom } from './whole.ts';

const ApiVersion = z.string().min(1).max(253);

/** What is released. */
export const TargetRef = z.object({
  apiVersion: ApiVersion.describe('API version of the target, such as `apps/v1`.'),
  kind: z
    .enum(['Deployment', 'DaemonSet', 'Service', 'VirtualService'])
    .describe('Kind of the target; `VirtualService` selects version mode (see `spec.version`).'),
  name: ObjectName.describe('Name of the target, in the namespace of the Canary.'),
});
export type TargetRef = z.infer<typeof TargetRef>;

const Replicas = WholeFrom(1);

export const AutoscalerRef = z.object({
  apiVersion: ApiVersion.describe('API version of the autoscaler, such as `autoscaling/v2`.'),
  kind: z.enum(['HorizontalPodAutoscaler', 'ScaledObject']).describe('Kind of the autoscaler.'),
  name: ObjectName.describe('Name of the autoscaler, in the namespace of the Canary.'),
  primaryScalerQueries: z
    .record(z.string().max(253), z.string().max(8192))
    .optional()
    .describe('Queries of the primary’s ScaledObject, by the name of their trigger.'),
  primaryScalerReplicas: ruled(
    z.object({
      minReplicas: Replicas.optional().describe('Fewest replicas of the primary.'),
      maxReplicas: Replicas.optional().describe('Most replicas of the primary.'),
    }),
    {
      cel: '!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas',
      holds: ({ minReplicas = 1, maxReplicas = Infinity }) => minReplicas <= maxReplicas,
      field: 'minReplicas',
      allowed: 'a number of replicas that is not above maxReplicas',
      found: {
        cel: `'a number above maxReplicas'`,
        text: (r) => `${r.minReplicas}, above ${r.maxReplicas}`,
      },
    },
  )
    .optional()
    .describe('Bounds of the primary’s autoscaler where they differ from the target’s.'),
});
export type AutoscalerRef = z.infer<typeof AutoscalerRef>;

/** An object of a router that Linnet does not drive; kept so that a Flagger manifest is accepted. */
function foreignRef(kind: string, of: string) {
  return z
    .object({
      apiVersion: ApiVersion.describe('API version of the object.'),
      kind: z.literal(kind).describe('Kind of the object.'),
      name: ObjectName.describe('Name of the object.'),
      namespace: DnsLabel.optional().describe('Namespace of the object.'),
    })
    .optional()
    .describe(`${of}. Its name is the query variable \`ingress\`; Linnet does not write it.`);
}

export const IngressRef = foreignRef('Ingress', 'An Ingress');
export const RouteRef = foreignRef('ApisixRoute', 'A route of APISIX');
export const UpstreamRef = foreignRef('Upstream', 'An upstream of Gloo');

/** A MetricTemplate, an AlertProvider or a VirtualService, by default beside the Canary. */
export const NamespacedRef = z.object({
  name: ObjectName.describe('Name of the object.'),
  namespace: DnsLabel.optional().describe('Its namespace. Default: the Canary’s.'),
});
export type NamespacedRef = z.infer<typeof NamespacedRef>;

export const SecretRef = z.object({
  name: ObjectName.describe('Name of the Secret, in the namespace of the object that names it.'),
});
export type SecretRef = z.infer<typeof SecretRef>;

import { z } from 'zod';
import { CanaryAnalysis } from './analysis.ts';
import { Window } from './calendar.ts';
import { APEX_ALLOWED, canNameServices, canNameServicesCel, HttpUrl } from './names.ts';
import { AutoscalerRef, IngressRef, RouteRef, TargetRef, UpstreamRef } from './references.ts';
import { Routing, Version } from './routing.ts';
import { presentOf, ruled } from './rule.ts';
import { CanaryService } from './service.ts';
import { WholeFrom } from './whole.ts';

/** What moves the traffic. */
export const Provider = z.enum(['istio', 'gatewayapi:v1', 'gatewayapi:v1beta1', 'kubernetes']);
export type Provider = z.infer<typeof Provider>;

const fields = z.object({
  provider: Provider.optional().describe(
    'What moves the traffic. Default: the controller’s, which is `istio`.',
  ),
  metricsServer: HttpUrl.optional().describe(
    'Address of the Prometheus that has the metrics. Default: the controller’s.',
  ),
  targetRef: TargetRef.describe('What is released.'),
  autoscalerRef: AutoscalerRef.optional().describe('The autoscaler of the target.'),
  ingressRef: IngressRef,
  routeRef: RouteRef,
  upstreamRef: UpstreamRef,
  service: CanaryService.optional().describe(
    'The Services and routes that Linnet makes. Required, except in version mode.',
  ),
  routing: Routing.optional().describe(
    'Routes of a VirtualService of your own whose weights are shifted; nothing else in it changes.',
  ),
  version: Version.optional().describe(
    'Version mode, for a target of kind VirtualService: where its traffic should go.',
  ),
  analysis: CanaryAnalysis.optional().describe('How a new revision is judged.'),
  canaryAnalysis: CanaryAnalysis.optional().describe('Older name of `analysis`.'),
  windows: z
    .array(Window)
    .min(1)
    .max(32)
    .optional()
    .describe(
      'When a rollout may start, advance and promote. A rollback is always allowed. Default: at any time.',
    ),
  progressDeadlineSeconds: WholeFrom(1)
    .default(600)
    .describe('Seconds that a workload has to become ready before the rollout fails.'),
  skipAnalysis: z.boolean().default(false).describe('Promotes a new revision without judging it.'),
  suspend: z
    .boolean()
    .default(false)
    .describe('Stops the Canary where it is: no rollout starts or advances.'),
  revertOnDeletion: z
    .boolean()
    .default(true)
    .describe('Deleting the Canary first brings the target back as it was.'),
});

/** The desired state of a Canary, as manifests write it. */
export const CanarySpecInput = ruled(
  fields,
  {
    cel: 'has(self.analysis) ? !has(self.canaryAnalysis) : has(self.canaryAnalysis) || self.skipAnalysis',
    holds: (spec) =>
      spec.analysis === undefined
        ? spec.canaryAnalysis !== undefined || spec.skipAnalysis
        : spec.canaryAnalysis === undefined,
    allowed: 'analysis (or its older name canaryAnalysis, not both), unless skipAnalysis is true',
    found: presentOf('analysis', 'canaryAnalysis'),
  },
  {
    cel: `(self.targetRef.kind == 'VirtualService') == has(self.version)`,
    holds: (spec) => isVersionMode(spec) === (spec.version !== undefined),
    field: 'version',
    allowed: 'set if, and only if, targetRef.kind is VirtualService',
    found: {
      cel: `(has(self.version) ? 'set' : 'unset') + ' for a target of kind ' + self.targetRef.kind`,
      text: (spec) =>
        `${spec.version === undefined ? 'unset' : 'set'} for a target of kind ${spec.targetRef.kind}`,
    },
  },
  {
    cel: `has(self.service) || self.targetRef.kind == 'VirtualService'`,
    holds: (spec) => spec.service !== undefined || isVersionMode(spec),
    field: 'service',
    allowed: 'a service with at least a port',
    found: { cel: `'nothing'`, text: () => 'nothing' },
  },
  {
    cel: `!has(self.provider) || self.provider == 'istio' || (!has(self.routing) && !has(self.version))`,
    holds: ({ provider = 'istio', routing, version }) =>
      provider === 'istio' || (routing === undefined && version === undefined),
    field: 'provider',
    allowed: 'istio where routing or version is set',
    found: { cel: `"'" + self.provider + "'"`, text: (spec) => `'${spec.provider}'` },
  },
  {
    cel: `!has(self.provider) || !self.provider.startsWith('gatewayapi') || (has(self.service) && has(self.service.gatewayRefs) && self.service.gatewayRefs.size() > 0)`,
    holds: ({ provider, service }) =>
      provider?.startsWith('gatewayapi') !== true || (service?.gatewayRefs ?? []).length > 0,
    field: 'service',
    allowed: 'at least one of gatewayRefs where provider is gatewayapi',
    found: { cel: `'no gatewayRefs'`, text: () => 'no gatewayRefs' },
  },
  {
    cel: `!has(self.routing) || !has(self.routing.routes) || has(self.routing.virtualServiceRef) || self.targetRef.kind == 'VirtualService'`,
    holds: (spec) =>
      spec.routing?.routes === undefined ||
      spec.routing.virtualServiceRef !== undefined ||
      isVersionMode(spec),
    field: 'routing.routes',
    allowed: 'routes together with virtualServiceRef, or in version mode',
    found: { cel: `'routes of no VirtualService'`, text: () => 'routes of no VirtualService' },
  },
  {
    cel: `self.targetRef.kind == 'VirtualService' || (has(self.service) && has(self.service.name)) || (${canNameServicesCel('self.targetRef.name')})`,
    holds: (spec) =>
      isVersionMode(spec) ||
      spec.service?.name !== undefined ||
      canNameServices(spec.targetRef.name),
    field: 'targetRef.name',
    allowed: `${APEX_ALLOWED}; or set service.name`,
    found: {
      cel: `"'" + self.targetRef.name + "'"`,
      text: (spec) => `'${spec.targetRef.name}'`,
    },
  },
);

function isVersionMode(spec: { targetRef: TargetRef }): boolean {
  return spec.targetRef.kind === 'VirtualService';
}

/** As the rest of Linnet sees it: `analysis` is always there, under its present name. */
export type CanarySpec = Omit<z.infer<typeof CanarySpecInput>, 'analysis' | 'canaryAnalysis'> & {
  analysis: CanaryAnalysis;
};

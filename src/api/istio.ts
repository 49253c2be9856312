import { z } from 'zod';
import { Port, WholeFrom } from './whole.ts';

/**
 * The parts of Istio's API that a Canary repeats. Istio's own schema is larger and moves on: only
 * what Linnet reads is named here, and every other field passes through untouched.
 */

const StringMatch = z
  .looseObject({
    exact: z.string().optional().describe('The whole value.'),
    prefix: z.string().optional().describe('How the value begins.'),
    suffix: z.string().optional().describe('How the value ends; Gateway API only.'),
    regex: z.string().max(1024).optional().describe('RE2 expression of the whole value.'),
  })
  .describe('A text to match, in one of these ways.');

const StringMatches = z.record(z.string(), StringMatch);

export const HttpMatch = z.looseObject({
  name: z.string().optional().describe('Name of the match, for people.'),
  uri: StringMatch.optional().describe('Path that must match.'),
  scheme: StringMatch.optional().describe('Scheme that must match.'),
  method: StringMatch.optional().describe('HTTP method that must match.'),
  authority: StringMatch.optional().describe('Host that must match.'),
  headers: StringMatches.optional().describe('Headers that must match, lower-case.'),
  withoutHeaders: StringMatches.optional().describe('Headers that must not match.'),
  queryParams: StringMatches.optional().describe('Query parameters that must match.'),
  port: Port.optional().describe('Port that was addressed.'),
  sourceLabels: z
    .record(z.string(), z.string())
    .optional()
    .describe('Labels of the calling pods; only for the gateway `mesh`.'),
  sourceNamespace: z.string().optional().describe('Namespace of the calling pods.'),
  gateways: z.array(z.string()).optional().describe('Gateways for which the match counts.'),
  ignoreUriCase: z.boolean().optional().describe('Whether `uri` ignores case.'),
});
export type HttpMatch = z.infer<typeof HttpMatch>;

const HeaderChange = z.looseObject({
  add: z.record(z.string(), z.string()).optional().describe('Headers to append.'),
  set: z.record(z.string(), z.string()).optional().describe('Headers to overwrite.'),
  remove: z.array(z.string()).optional().describe('Headers to remove.'),
});

export const HeaderChanges = z.looseObject({
  request: HeaderChange.optional().describe('Changes to requests.'),
  response: HeaderChange.optional().describe('Changes to responses.'),
});
export type HeaderChanges = z.infer<typeof HeaderChanges>;

export const Retries = z.looseObject({
  attempts: WholeFrom(0).optional().describe('How often a request is retried.'),
  perTryTimeout: z.string().max(32).optional().describe('Timeout of each attempt, such as `2s`.'),
  retryOn: z.string().optional().describe('Conditions on which Envoy retries.'),
});
export type Retries = z.infer<typeof Retries>;

export const Rewrite = z.looseObject({
  uri: z.string().optional().describe('What the path or its matched prefix becomes.'),
  authority: z.string().optional().describe('What the Host header becomes.'),
  type: z.string().optional().describe('Gateway API: the type of the path rewrite.'),
});
export type Rewrite = z.infer<typeof Rewrite>;

export const CorsPolicy = z.looseObject({
  allowOrigins: z.array(StringMatch).optional().describe('Origins that may call.'),
  allowOrigin: z.array(z.string()).optional().describe('Older form of `allowOrigins`.'),
  allowMethods: z.array(z.string()).optional().describe('Methods that may be used.'),
  allowHeaders: z.array(z.string()).optional().describe('Headers that may be sent.'),
  exposeHeaders: z.array(z.string()).optional().describe('Headers that scripts may read.'),
  allowCredentials: z.boolean().optional().describe('Whether credentials may be sent.'),
  maxAge: z.string().optional().describe('How long a preflight may be cached, whole seconds.'),
});
export type CorsPolicy = z.infer<typeof CorsPolicy>;

/** A DestinationRule's `trafficPolicy`, passed through. */
export const TrafficPolicy = z.looseObject({});
export type TrafficPolicy = z.infer<typeof TrafficPolicy>;

const Group = z.string().max(253);
const GatewayKind = z.string().min(1).max(63);

export const GatewayRef = z.looseObject({
  group: Group.default('gateway.networking.k8s.io').describe('API group of the parent.'),
  kind: GatewayKind.default('Gateway').describe('Kind of the parent.'),
  name: z.string().min(1).max(253).describe('Name of the parent.'),
  namespace: z.string().min(1).max(63).optional().describe('Its namespace.'),
  sectionName: z.string().min(1).max(253).optional().describe('Its listener.'),
  port: Port.optional().describe('Its port.'),
});
export type GatewayRef = z.infer<typeof GatewayRef>;

export const GatewayMirror = z.looseObject({
  backendRef: z
    .looseObject({
      group: Group.default('').describe('API group of the backend.'),
      kind: GatewayKind.default('Service').describe('Kind of the backend.'),
      name: z.string().min(1).max(253).describe('Name of the backend.'),
      namespace: z.string().min(1).max(63).optional().describe('Its namespace.'),
      port: Port.optional().describe('Its port.'),
    })
    .describe('Where copies of requests go.'),
});
export type GatewayMirror = z.infer<typeof GatewayMirror>;

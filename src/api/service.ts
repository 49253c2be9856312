import { z } from 'zod';
import {
  CorsPolicy,
  GatewayMirror,
  GatewayRef,
  HeaderChanges,
  HttpMatch,
  Retries,
  Rewrite,
  TrafficPolicy,
} from './istio.ts';
import { APEX_ALLOWED, canNameServices, canNameServicesCel, DnsLabel, StringMap } from './names.ts';
import { celText, matching, ruled } from './rule.ts';
import { Port } from './whole.ts';

const PORT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

const TARGET_PORT_ALLOWED = 'a port from 1 to 65535, or the name of a container port';

const TargetPort = ruled(
  z
    .union([z.int(), z.string().max(15)], { error: TARGET_PORT_ALLOWED })
    .meta({ 'x-kubernetes-int-or-string': true }),
  {
    cel: `type(self) == int ? int(self) >= 1 && int(self) <= 65535 : string(self).matches(${celText(PORT_NAME.source)}) && string(self).size() <= 15`,
    holds: (port) => (typeof port === 'number' ? port >= 1 && port <= 65535 : PORT_NAME.test(port)),
    allowed: TARGET_PORT_ALLOWED,
    found: {
      cel: `(string(self) == '' ? 'an empty text' : string(self))`,
      text: (port) => (port === '' ? 'an empty text' : String(port)),
    },
  },
);

/** What Istio and the Gateway API take as a timeout; they allow fractions. */
const RequestTimeout = matching(
  32,
  /^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$/,
  'a duration such as 15s, 1m or 500ms',
);

/** Milliseconds of a timeout that the schema has accepted. */
export function timeoutMs(text: string): number {
  const parts = [...text.matchAll(/([0-9.]+)(ms|h|m|s)/g)];
  return parts.reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (UNIT_MS[unit] ?? 0),
    0,
  );
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

const GatewayName = matching(
  317,
  /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
  'mesh, or the name of an Istio Gateway such as istio-system/public',
);

const HostName = matching(
  253,
  /^(\*|(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)$/,
  'a host name, *, or *. followed by a host name',
);

const ObjectMetadata = z.object({
  labels: StringMap.optional().describe('Labels to add.'),
  annotations: StringMap.optional().describe('Annotations to add.'),
});
export type ObjectMetadata = z.infer<typeof ObjectMetadata>;

/** The Services and routes that Linnet makes for the target. */
export const CanaryService = ruled(
  z.object({
    name: ruled(z.string().max(253), {
      cel: canNameServicesCel('self'),
      holds: canNameServices,
      allowed: APEX_ALLOWED,
    })
      .optional()
      .describe('Name of the apex Service. Default: the name of the target.'),
    port: Port.describe('Port of the Services.'),
    portName: DnsLabel.default('http').describe(
      'Name of that port; Istio takes the protocol from it, such as `http` or `grpc`.',
    ),
    targetPort: TargetPort.optional().describe(
      'Container port, by number or by name. Default: `port`.',
    ),
    appProtocol: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        'Application protocol of the port; wins over what its name says. With `tcp` the generated routes are TCP routes, and connections are counted in place of requests.',
      ),
    portDiscovery: z
      .boolean()
      .default(false)
      .describe('Whether the other container ports are added to the Services.'),
    headless: z.boolean().default(false).describe('Whether the Services are headless.'),
    trafficDistribution: z
      .enum(['PreferClose', 'PreferSameZone', 'PreferSameNode'])
      .optional()
      .describe('Which endpoints the Services prefer.'),
    timeout: RequestTimeout.optional().describe('Timeout of a request on the generated route.'),
    backendTimeout: RequestTimeout.optional().describe(
      'Gateway API: timeout of one attempt against a backend.',
    ),
    gateways: z
      .array(GatewayName)
      .max(64)
      .optional()
      .describe('Istio Gateways of the route, `<namespace>/<name>`. Default: the mesh only.'),
    gatewayRefs: z
      .array(GatewayRef)
      .max(32)
      .optional()
      .describe('Gateway API: parents of the route.'),
    hosts: z
      .array(HostName)
      .max(256)
      .optional()
      .describe('Host names of the route. Default: the apex Service.'),
    delegation: z
      .boolean()
      .default(false)
      .describe('Makes a delegate VirtualService, without hosts and gateways.'),
    match: z.array(HttpMatch).max(64).optional().describe('Conditions of the route.'),
    rewrite: Rewrite.optional().describe('How requests are rewritten.'),
    retries: Retries.optional().describe('How failed requests are retried.'),
    headers: HeaderChanges.optional().describe('Headers that the route adds, sets or removes.'),
    corsPolicy: CorsPolicy.optional().describe('Cross-origin policy of the route.'),
    mirror: z
      .array(GatewayMirror)
      .max(16)
      .optional()
      .describe('Gateway API: mirrors of the route.'),
    trafficPolicy: TrafficPolicy.optional().describe(
      'Istio traffic policy of the generated DestinationRules.',
    ),
    apex: ObjectMetadata.optional().describe('Labels and annotations of the apex Service.'),
    primary: ObjectMetadata.optional().describe('Labels and annotations of the primary Service.'),
    canary: ObjectMetadata.optional().describe('Labels and annotations of the canary Service.'),
    unmanagedMetadata: z
      .object({
        labels: z.array(z.string().max(317)).max(64).optional().describe('Keys of labels.'),
        annotations: z
          .array(z.string().max(317))
          .max(64)
          .optional()
          .describe('Keys of annotations.'),
      })
      .optional()
      .describe('Metadata of the Services that other tools write and Linnet leaves alone.'),
  }),
  {
    cel: `!has(self.hosts) || !self.hosts.exists(host, host == '*') || (has(self.gateways) && !self.gateways.exists(gateway, gateway == 'mesh'))`,
    holds: ({ hosts = [], gateways = ['mesh'] }) =>
      !hosts.includes('*') || !gateways.includes('mesh'),
    field: 'hosts',
    allowed: 'host names, and * only with gateways of which none is mesh',
    found: { cel: `'* for the gateway mesh'`, text: () => '* for the gateway mesh' },
  },
);
export type CanaryService = z.infer<typeof CanaryService>;

import { type BadManifest, both } from './bad-manifest.ts';

const VERSION_MODE = {
  'spec.targetRef': { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'shop' },
  'spec.service': undefined,
};

/** Mistakes in the rest of a Canary's spec. */
const SPECS: Omit<BadManifest, 'kind'>[] = [
  {
    wrong: 'no spec at all',
    change: { spec: undefined },
    field: 'spec',
    says: { admission: 'Required value', controller: 'found nothing, allowed is a map of fields' },
  },
  {
    wrong: 'no target',
    change: { 'spec.targetRef': undefined },
    field: 'spec.targetRef',
    says: { admission: 'Required value', controller: 'found nothing, allowed is a map of fields' },
  },
  {
    wrong: 'a target of a kind that cannot be released',
    change: { 'spec.targetRef.kind': 'StatefulSet' },
    field: 'spec.targetRef.kind',
    says: {
      admission: 'Unsupported value: "StatefulSet"',
      controller: "found 'StatefulSet', allowed is one of 'Deployment', 'DaemonSet'",
    },
  },
  {
    wrong: 'a target name in capitals',
    change: { 'spec.targetRef.name': 'Shop', 'spec.service.name': 'shop' },
    field: 'spec.targetRef.name',
    says: both("found 'Shop', allowed is a name of at most 253 lower-case letters"),
  },
  {
    wrong: 'a target name that leaves no room for primary',
    change: { 'spec.targetRef.name': 'a'.repeat(56) },
    field: 'spec.targetRef.name',
    says: both('allowed is a Service name that leaves room for -primary'),
  },
  {
    wrong: 'a service name that starts with a digit',
    change: { 'spec.service.name': '1shop' },
    field: 'spec.service.name',
    says: both("found '1shop', allowed is a Service name"),
  },
  {
    wrong: 'no service',
    change: { 'spec.service': undefined },
    field: 'spec.service',
    says: both('found nothing, allowed is a service with at least a port'),
  },
  {
    wrong: 'a service without a port',
    change: { 'spec.service.port': undefined },
    field: 'spec.service.port',
    says: { admission: 'Required value', controller: 'found nothing' },
  },
  {
    wrong: 'port 0',
    change: { 'spec.service.port': 0 },
    field: 'spec.service.port',
    says: {
      admission: 'should be greater than or equal to 1',
      controller: 'found 0, allowed is a whole number from 1 to 65535',
    },
  },
  {
    wrong: 'port 70000',
    change: { 'spec.service.port': 70000 },
    field: 'spec.service.port',
    says: { admission: 'should be less than or equal to 65535', controller: 'found 70000' },
  },
  {
    wrong: 'a targetPort beyond the ports there are',
    change: { 'spec.service.targetPort': 65536 },
    field: 'spec.service.targetPort',
    says: both('found 65536, allowed is a port from 1 to 65535, or the name of a container port'),
  },
  {
    wrong: 'a targetPort that names no port',
    change: { 'spec.service.targetPort': 'HTTP_PORT' },
    field: 'spec.service.targetPort',
    says: both('found HTTP_PORT, allowed is a port from 1 to 65535'),
  },
  {
    wrong: 'a port name in capitals',
    change: { 'spec.service.portName': 'HTTP' },
    field: 'spec.service.portName',
    says: both("found 'HTTP', allowed is a name of at most 63 lower-case letters"),
  },
  {
    wrong: 'a timeout without a unit',
    change: { 'spec.service.timeout': '15' },
    field: 'spec.service.timeout',
    says: both("found '15', allowed is a duration such as 15s, 1m or 500ms"),
  },
  {
    wrong: 'every host for the mesh',
    change: { 'spec.service.hosts': ['*'] },
    field: 'spec.service.hosts',
    says: both('found * for the gateway mesh, allowed is host names'),
  },
  {
    wrong: 'a host with a scheme',
    change: { 'spec.service.hosts': ['https://shop.example.com'] },
    field: 'spec.service.hosts[0]',
    says: both("found 'https://shop.example.com', allowed is a host name"),
  },
  {
    wrong: 'a gateway name with spaces',
    change: { 'spec.service.gateways': ['public gateway'] },
    field: 'spec.service.gateways[0]',
    says: both("found 'public gateway', allowed is mesh, or the name of an Istio Gateway"),
  },
  {
    wrong: 'a provider that Linnet does not drive',
    change: { 'spec.provider': 'nginx' },
    field: 'spec.provider',
    says: {
      admission: 'Unsupported value: "nginx"',
      controller: "found 'nginx', allowed is one of 'istio', 'gatewayapi:v1'",
    },
  },
  {
    wrong: 'the Gateway API without a Gateway',
    change: { 'spec.provider': 'gatewayapi:v1' },
    field: 'spec.service',
    says: both('found no gatewayRefs, allowed is at least one of gatewayRefs'),
  },
  {
    wrong: 'routing without Istio',
    change: {
      'spec.provider': 'kubernetes',
      'spec.routing': { virtualServiceRef: { name: 'shop' }, routes: ['main'] },
    },
    field: 'spec.provider',
    says: both("found 'kubernetes', allowed is istio where routing or version is set"),
  },
  {
    wrong: 'routes of no VirtualService',
    change: { 'spec.routing': { routes: ['main'] } },
    field: 'spec.routing.routes',
    says: both('allowed is routes together with virtualServiceRef'),
  },
  {
    wrong: 'a version for a Deployment',
    change: { 'spec.version': { subset: 'v2' } },
    field: 'spec.version',
    says: both('found set for a target of kind Deployment'),
  },
  {
    wrong: 'version mode without a version',
    change: VERSION_MODE,
    field: 'spec.version',
    says: both('found unset for a target of kind VirtualService'),
  },
  {
    wrong: 'a version with subset and host',
    change: { ...VERSION_MODE, 'spec.version': { subset: 'v2', host: 'shop-v2' } },
    field: 'spec.version',
    says: both('found subset set, host set, allowed is exactly one of subset and host'),
  },
  {
    wrong: 'a subset with a dot',
    change: { ...VERSION_MODE, 'spec.version': { subset: 'v2.1' } },
    field: 'spec.version.subset',
    says: both("found 'v2.1', allowed is a name of at most 63 lower-case letters"),
  },
  {
    wrong: 'labels for a version that is a host',
    change: { ...VERSION_MODE, 'spec.version': { host: 'shop-v2', labels: { version: 'v2' } } },
    field: 'spec.version.labels',
    says: both('found labels without subset, allowed is at least one label, together with subset'),
  },
  {
    wrong: 'no analysis without skipAnalysis',
    change: { 'spec.analysis': undefined },
    field: 'spec',
    says: both('found analysis unset, canaryAnalysis unset'),
  },
  {
    wrong: 'analysis under both its names',
    change: { 'spec.canaryAnalysis': { iterations: 5 } },
    field: 'spec',
    says: both('found analysis set, canaryAnalysis set'),
  },
  {
    wrong: 'a mistake under the older name of analysis',
    change: {
      'spec.analysis': undefined,
      'spec.canaryAnalysis': { iterations: 5, interval: '1x' },
    },
    field: 'spec.canaryAnalysis.interval',
    says: both("found '1x', allowed is a duration of at least 1s"),
  },
  {
    wrong: 'a progress deadline of 0',
    change: { 'spec.progressDeadlineSeconds': 0 },
    field: 'spec.progressDeadlineSeconds',
    says: { admission: 'should be greater than or equal to 1', controller: 'found 0' },
  },
  {
    wrong: 'suspend in words',
    change: { 'spec.suspend': 'yes' },
    field: 'spec.suspend',
    says: {
      admission: 'must be of type boolean',
      controller: "found 'yes', allowed is true or false",
    },
  },
  {
    wrong: 'a metrics server without a scheme',
    change: { 'spec.metricsServer': 'prometheus:9090' },
    field: 'spec.metricsServer',
    says: both('allowed is a URL that starts with http:// or https://'),
  },
  {
    wrong: 'an autoscaler of an unknown kind',
    change: {
      'spec.autoscalerRef': { apiVersion: 'a/v1', kind: 'VerticalPodAutoscaler', name: 'shop' },
    },
    field: 'spec.autoscalerRef.kind',
    says: {
      admission: 'Unsupported value: "VerticalPodAutoscaler"',
      controller: "allowed is one of 'HorizontalPodAutoscaler', 'ScaledObject'",
    },
  },
  {
    wrong: 'more minReplicas than maxReplicas',
    change: {
      'spec.autoscalerRef': {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        name: 'shop',
        primaryScalerReplicas: { minReplicas: 9, maxReplicas: 3 },
      },
    },
    field: 'spec.autoscalerRef.primaryScalerReplicas.minReplicas',
    says: both('allowed is a number of replicas that is not above maxReplicas'),
  },
  {
    wrong: 'a window that closes before it has hours',
    change: { 'spec.windows': [{ days: ['Mon'], from: '09:00' }] },
    field: 'spec.windows[0]',
    says: both('allowed is either from and to (with days), or schedule and duration'),
  },
  {
    wrong: 'a window of hours and a schedule',
    change: {
      'spec.windows': [{ from: '09:00', to: '17:00', schedule: '0 9 * * *', duration: '8h' }],
    },
    field: 'spec.windows[0]',
    says: both('allowed is either from and to (with days), or schedule and duration'),
  },
  {
    wrong: 'a window that has no length',
    change: { 'spec.windows': [{ from: '09:00', to: '09:00' }] },
    field: 'spec.windows[0].to',
    says: both('found 09:00, allowed is a time of day that differs from the one in from'),
  },
  {
    wrong: 'a scheduled window of seconds',
    change: { 'spec.windows': [{ schedule: '0 9 * * *', duration: '30s' }] },
    field: 'spec.windows[0].duration',
    says: both("found '30s', allowed is a duration of at least 1m, such as 5m or 1h30m"),
  },
  {
    wrong: 'a time of day that is none',
    change: { 'spec.windows': [{ from: '09:00', to: '25:00' }] },
    field: 'spec.windows[0].to',
    says: both("found '25:00', allowed is a time of day from 00:00 to 24:00"),
  },
  {
    wrong: 'a weekday spelled out',
    change: { 'spec.windows': [{ days: ['Monday'], from: '09:00', to: '17:00' }] },
    field: 'spec.windows[0].days[0]',
    says: {
      admission: 'Unsupported value: "Monday"',
      controller: "found 'Monday', allowed is one of 'Mon'",
    },
  },
  {
    wrong: 'a window in an unknown time zone',
    change: { 'spec.windows': [{ from: '09:00', to: '17:00', timeZone: 'Europe/Atlantis' }] },
    field: 'spec.windows[0].timeZone',
    says: { controller: "found 'Europe/Atlantis', allowed is an IANA time zone" },
  },
];

export const BAD_SPECS: BadManifest[] = SPECS.map((row) => ({ kind: 'Canary', ...row }));

import { API_VERSION } from '../../src/api/group.ts';
import { canary, deployment, service } from './app.ts';

/** A mistake that only the controller can see, since other objects or its settings make it one. */
export interface BadInContext {
  /** What is wrong, as the title of a test. */
  readonly wrong: string;
  /** Objects that stand in the namespace first. */
  readonly context: readonly object[];
  readonly canary: { readonly metadata: { readonly name: string } };
  /** Reason of the condition `Stalled`. */
  readonly reason: string;
  /** Its sentence: the field, what was found, what to do or what is allowed. */
  readonly says: RegExp;
}

const IMAGE = { image: 'shop:1' };
const BLUE_GREEN = { iterations: 2, stepWeights: undefined, metrics: [] };

function withTarget(name: string, analysis: object, spec: object = {}) {
  return { context: [deployment(name, IMAGE)], canary: canary(name, analysis, spec) };
}

/** A Deployment whose pods no label tells apart by which Linnet can select the primary's. */
function unlabelled(name: string) {
  const manifest = deployment(name, IMAGE);
  const labels = { team: name };
  const { spec } = manifest;
  const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  return { ...manifest, spec: { ...spec, selector: { matchLabels: labels }, template } };
}

/** Of the Canary's own Deployment, but turned to other pods. */
function foreignService(name: string) {
  const { spec, ...rest } = service(name);
  return { ...rest, spec: { ...spec, selector: { app: 'somebody-else' } } };
}

export const BAD_IN_CONTEXT: readonly BadInContext[] = [
  {
    wrong: 'a target that is missing',
    context: [],
    canary: canary('no-target', BLUE_GREEN),
    reason: 'TargetNotFound',
    says: /spec\.targetRef: Deployment \S+\/no-target does not exist; create it/,
  },
  {
    wrong: 'a target of a kind that is not released',
    context: [],
    canary: canary('daemon', BLUE_GREEN, {
      targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'daemon' },
    }),
    reason: 'TargetKindNotSupported',
    says: /spec\.targetRef\.kind: found 'DaemonSet'/,
  },
  {
    wrong: 'a target without a label that tells its pods',
    context: [unlabelled('no-label')],
    canary: canary('no-label', BLUE_GREEN),
    reason: 'SelectorLabelMissing',
    says: /spec\.selector\.matchLabels .* share none of app, name, app\.kubernetes\.io\/name/,
  },
  {
    wrong: 'a named port that no container has',
    ...withTarget('no-port', BLUE_GREEN, { service: { port: 80, targetPort: 'grpc' } }),
    reason: 'PortNotFound',
    says: /spec\.service\.targetPort: found 'grpc', allowed is .*: it has http/,
  },
  {
    wrong: 'an autoscaler that is missing',
    ...withTarget('no-scaler', BLUE_GREEN, {
      autoscalerRef: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        name: 'none',
      },
    }),
    reason: 'AutoscalerNotFound',
    says: /spec\.autoscalerRef: HorizontalPodAutoscaler \S+\/none does not exist/,
  },
  {
    wrong: 'a Service of that name that leads elsewhere',
    context: [deployment('foreign', IMAGE), foreignService('foreign')],
    canary: canary('foreign', BLUE_GREEN),
    reason: 'ServiceTaken',
    says: /Service \S+\/foreign selects \{"app":"somebody-else"\}, not the pods of/,
  },
  {
    wrong: 'a schedule whose date never comes',
    ...withTarget('never', { ...BLUE_GREEN, schedule: '0 0 31 2 *' }),
    reason: 'ScheduleNeverComes',
    says: /spec\.analysis\.schedule: found '0 0 31 2 \*', allowed is/,
  },
  {
    wrong: 'a time zone that does not exist',
    ...withTarget('zone', { ...BLUE_GREEN, schedule: '0 9 * * *', timeZone: 'Mars/Olympus' }),
    reason: 'InvalidSpec',
    says: /spec\.analysis\.timeZone: found 'Mars\/Olympus', allowed is an IANA time zone/,
  },
  {
    wrong: 'a template in another namespace, where that is forbidden',
    ...withTarget('abroad', {
      metrics: [
        {
          name: 'theirs',
          templateRef: { name: 'theirs', namespace: 'kube-system' },
          thresholdRange: { max: 1 },
        },
      ],
    }),
    reason: 'CrossNamespaceRef',
    says: /spec\.analysis\.metrics\[0\]\.templateRef\.namespace: found 'kube-system', allowed is/,
  },
  {
    wrong: 'a Gateway of another namespace, where that is forbidden',
    ...withTarget('gated', BLUE_GREEN, {
      service: { port: 80, gateways: ['istio-system/public'], hosts: ['shop.example.com'] },
    }),
    reason: 'CrossNamespaceRef',
    says: /spec\.service\.gateways\[0\]: found 'istio-system\/public', allowed is mesh, or a Gateway/,
  },
  {
    wrong: 'a host of another namespace, where that is forbidden',
    ...withTarget('hijack', BLUE_GREEN, {
      service: { port: 80, hosts: ['kubernetes.default.svc.cluster.local'] },
    }),
    reason: 'CrossNamespaceRef',
    says: /spec\.service\.hosts\[0\]: found 'kubernetes\.default\.svc\.cluster\.local', allowed is/,
  },
];

/** An alert that could not be sent: a warning, which keeps no rollout. */
export interface BadAlert {
  readonly wrong: string;
  readonly context: readonly object[];
  readonly alert: object;
  /** The condition is `Alert` and this. */
  readonly reason: string;
  readonly says: RegExp;
  /** Objects as they are once somebody has mended it, or what the alert is then. */
  readonly mended: { readonly objects?: readonly object[]; readonly alert?: object };
}

const WELL_KEPT = secret('chat', { address: 'http://127.0.0.1:9/' });

export const BAD_ALERTS: readonly BadAlert[] = [
  {
    wrong: 'a provider that does not exist',
    context: [WELL_KEPT],
    alert: alertTo('chat'),
    reason: 'ProviderMissing',
    says: /^spec\.analysis\.alerts\[0\]\.providerRef: AlertProvider \S+\/chat does not exist$/,
    mended: { objects: [slack('chat')] },
  },
  {
    wrong: 'a provider whose Secret does not exist',
    context: [slack('chat')],
    alert: alertTo('chat'),
    reason: 'SecretMissing',
    says: /AlertProvider \S+\/chat names Secret \S+\/chat, which does not exist/,
    mended: { objects: [WELL_KEPT] },
  },
  {
    wrong: 'a Secret that lacks the key',
    context: [slack('chat'), secret('chat', { adress: 'http://127.0.0.1:9/' })],
    alert: alertTo('chat'),
    reason: 'SecretKeyMissing',
    says: /has no address: Secret \S+\/chat lacks the key 'address'/,
    mended: { objects: [WELL_KEPT] },
  },
  {
    wrong: 'a Slack URL that is no URL',
    context: [slack('chat'), secret('chat', { address: 's3cr3t' })],
    alert: alertTo('chat'),
    reason: 'AddressInvalid',
    says: /^(?!.*s3cr3t).*the address is not a URL that starts with http.*Secret \S+\/chat$/,
    mended: { objects: [WELL_KEPT] },
  },
  {
    wrong: 'a provider of another namespace, where that is forbidden',
    context: [slack('chat'), WELL_KEPT],
    alert: alertTo('chat', { namespace: 'kube-system' }),
    reason: 'ProviderForbidden',
    says: /alerts\[0\]\.providerRef\.namespace: found 'kube-system', allowed is/,
    mended: { alert: alertTo('chat') },
  },
];

function alertTo(name: string, elsewhere: object = {}) {
  return { name: 'people', providerRef: { name, ...elsewhere } };
}

function slack(name: string) {
  const spec = { type: 'slack', secretRef: { name } };
  return { apiVersion: API_VERSION, kind: 'AlertProvider', metadata: { name }, spec };
}

function secret(name: string, stringData: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

/** A query of a metric that comes to no number, and what the hold says of it. */
export const BAD_QUERIES: readonly { wrong: string; query: string; says: RegExp }[] = [
  { wrong: 'does not parse', query: 'sum(', says: /parse error/ },
  {
    wrong: 'yields many series',
    query: '{__name__=~".+"}',
    says: /gives \d+ series, allowed is one/,
  },
  { wrong: 'yields NaN', query: 'vector(0) / vector(0)', says: /gives NaN/ },
  {
    wrong: 'yields an infinity',
    query: 'vector(1) / vector(0)',
    says: /allowed is a finite number/,
  },
  { wrong: 'yields a text', query: '"lots"', says: /gives a text, allowed is one number/ },
  { wrong: 'yields nothing', query: 'no_such_metric', says: /has no result/ },
];

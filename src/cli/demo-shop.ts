/** The small shop of the demo, as manifests. `beta` users meet the fault of v3. */

const NAMESPACE = 'shop';
export const CHECKOUT = { namespace: NAMESPACE, name: 'checkout' } as const;

export const REQUESTS_PER_SECOND = 80;

/** A quarter of the users have the beta plan. */
export const USERS = [
  { share: 3, headers: { 'x-plan': 'standard' } },
  { share: 1, headers: { 'x-plan': 'beta' } },
] as const;

export interface Version {
  readonly name: string;
  /** Settings of the simulated container. */
  readonly behaviour: Readonly<Record<string, string>>;
}

export const V1: Version = { name: 'v1', behaviour: { latency: '12ms±6ms' } };
export const V2: Version = { name: 'v2', behaviour: { latency: '9ms±4ms' } };
/** Fails for some of its users: four of ten requests of those with the beta plan. */
export const V3: Version = {
  name: 'v3',
  behaviour: { latency: '9ms±4ms', 'errors-for-header': 'x-plan: beta 40% 500' },
};

export function checkoutDeployment(version: Version) {
  const labels = { app: CHECKOUT.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...CHECKOUT, labels },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: podTemplate(version) },
  };
}

export function podTemplate({ name, behaviour }: Version) {
  const settings = Object.entries(behaviour).map(([key, value]) => [
    `sandbox.linnet.dev/${key}`,
    value,
  ]);
  return {
    metadata: {
      labels: { app: CHECKOUT.name, version: name },
      annotations: Object.fromEntries(settings) as Record<string, string>,
    },
    spec: {
      containers: [
        {
          name: 'checkout',
          image: `shop.example/checkout:${name}`,
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        },
      ],
    },
  };
}

export function checkoutCanary() {
  return {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'Canary',
    metadata: { ...CHECKOUT },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: CHECKOUT.name },
      service: { port: 80, targetPort: 'http' },
      analysis: {
        interval: '4s',
        threshold: 2,
        stepWeights: [10, 30, 60],
        metrics: [
          { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '10s' },
          // Mesh and users share this machine: when it is busy, every version is slow.
          { name: 'request-duration', thresholdRange: { max: 5000 }, interval: '10s' },
        ],
        alerts: [{ name: 'the team', severity: 'info', providerRef: { name: 'team-chat' } }],
      },
    },
  };
}

/** Where the messages go: a receiver of the demo's own, which shows what it was sent. */
export function teamChat(address: string) {
  return {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'AlertProvider',
    metadata: { name: 'team-chat', namespace: NAMESPACE },
    spec: { type: 'webhook', address },
  };
}

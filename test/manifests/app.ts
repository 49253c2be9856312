import { API_VERSION } from '../../src/api/group.ts';
import { FATE } from '../cluster/kube/pod-fate.ts';

/** What a version of a workload is like; in its template, so that it is rolled out with it. */
export interface Version {
  readonly image: string;
  /** In the words of the sandbox: `30%` or `20% 404`. */
  readonly errors?: string;
  readonly neverReady?: boolean;
  /** Of its container; `http` on 8080 without it. */
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  /** More environment of its container. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The pod template of a version, read by the sandbox's workloads and by the pretended kubelet. */
export function templateOf(name: string, version: Version) {
  const { image, errors, neverReady = false, ports = HTTP, env = {} } = version;
  const behaviour = {
    ...(errors === undefined ? {} : { SANDBOX_ERRORS: errors }),
    ...(neverReady ? { SANDBOX_READY_AFTER: 'never' } : {}),
  };
  const variables = Object.entries({ ...behaviour, ...env });
  return {
    metadata: {
      labels: { app: name },
      annotations: neverReady ? { [FATE.neverReady]: 'true' } : {},
    },
    spec: {
      containers: [
        {
          name: 'app',
          image,
          ports,
          readinessProbe: { httpGet: { path: '/', port: 'http' } },
          env: variables.map(([variable, value]) => ({ name: variable, value })),
        },
      ],
    },
  };
}

const HTTP = [{ name: 'http', containerPort: 8080 }];

export function deployment(name: string, version: Version, replicas = 2) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: templateOf(name, version),
    },
  };
}

/** As a team has one before it knows of Linnet. */
export function service(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}

/** How long requests take here tells of this machine's load: milliseconds that no version exceeds. */
export const PATIENT_MS = 5000;

/** A Canary of the Deployment of the same name, judged by its success rate every two seconds. */
export function canary(name: string, analysis: object = {}, spec: object = {}) {
  return {
    apiVersion: API_VERSION,
    kind: 'Canary',
    metadata: { name },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80, targetPort: 'http' },
      ...spec,
      analysis: {
        interval: '2s',
        threshold: 2,
        stepWeights: [20, 50],
        metrics: [
          { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '5s' },
          { name: 'request-duration', thresholdRange: { max: PATIENT_MS }, interval: '5s' },
        ],
        ...analysis,
      },
    },
  };
}

/** Blue-green needs no traffic to be judged: the quickest way from one version to the next. */
export const BLUE_GREEN = {
  interval: '1s',
  iterations: 2,
  threshold: 1,
  metrics: [],
  stepWeights: undefined,
};

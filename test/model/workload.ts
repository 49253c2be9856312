import { revisionName } from '../../src/adapters/kubernetes/revisions.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';

export const NAMESPACE = 'shop';

export interface Revision {
  readonly letter: string;
  readonly template: Readonly<Record<string, unknown>>;
  /** As Linnet names it. */
  readonly name: string;
}

export const REVISIONS: readonly Revision[] = ['a', 'b', 'c'].map((letter) => {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [
        {
          name: 'app',
          image: `shop/web:${letter}`,
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        },
      ],
    },
  };
  return { letter, template, name: revisionName({ template, configs: {} }) };
});

/** The letter of a revision by Linnet's name for it. */
export function letterOf(revision: string | undefined): string {
  return REVISIONS.find(({ name }) => name === revision)?.letter ?? '?';
}

/** The letter of a pod template by its image, in the target or the primary. */
export function letterIn(template: unknown): string {
  const { spec } = template as { spec: { containers: { image: string }[] } };
  return spec.containers[0]!.image.slice(-1);
}

export function aTarget(): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: NAMESPACE,
      uid: 'uid-web',
      annotations: { 'team.example.com/owner': 'shop' },
    },
    spec: {
      replicas: 2,
      fieldOfTomorrow: 'kept',
      selector: { matchLabels: { app: 'web' } },
      template: REVISIONS[0]!.template,
    },
  };
}

export function aService(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: NAMESPACE, uid: 'uid-service', annotations: {} },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.0.0.7',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
      selector: { app: 'web' },
    },
  };
}

/** As it stands in Git. */
export function aVirtualService(): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      name: 'front',
      namespace: NAMESPACE,
      uid: 'uid-front',
      annotations: { 'team.example.com/owner': 'shop' },
    },
    spec: {
      hosts: ['shop.example.com'],
      gateways: ['istio-system/public'],
      fieldOfTomorrow: { kept: true },
      http: [
        {
          name: 'main',
          timeout: '5s',
          route: [
            { destination: { host: 'web' }, weight: 100 },
            { destination: { host: 'web-canary' }, weight: 0 },
          ],
        },
        { name: 'other', route: [{ destination: { host: 'other' } }] },
      ],
    },
  };
}

export function aCanary(): KubeObject {
  return {
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'Canary',
    metadata: { name: 'web', namespace: NAMESPACE, uid: 'uid-canary', generation: 1 },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      service: { port: 80, targetPort: 8080 },
      routing: { virtualServiceRef: { name: 'front' }, routes: ['main'] },
      progressDeadlineSeconds: 12,
      analysis: {
        interval: '4s',
        threshold: 2,
        stepWeights: [20, 60],
        metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
        maxHold: '12s',
      },
    },
  };
}

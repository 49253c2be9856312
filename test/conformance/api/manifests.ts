/** Manifests without a name: whoever creates them gives one. */

export const configMap = (data: Record<string, string> = { a: '1' }): object => ({ data });

export function deployment(pod: object = {}, spec: object = {}, labels = { app: 'web' }): object {
  return {
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [WEB], ...pod } },
      ...spec,
    },
  };
}

export const service = (spec: object = {}): object => ({
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }], ...spec },
});

export const canary = (spec: object = {}): object => ({
  apiVersion: 'linnet.dev/v1beta1',
  kind: 'Canary',
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    service: { port: 80 },
    analysis: { interval: '10s', stepWeight: 20 },
    ...spec,
  },
});

export const widget = (spec: object = {}, more: object = {}): object => ({
  apiVersion: 'conformance.linnet.dev/v1',
  kind: 'Widget',
  spec: { size: 3, ...spec },
  ...more,
});

const WEB = { name: 'web', image: 'registry.example/web:1' };

import { API_VERSION } from '../../src/api/group.ts';

export function deployment(name: string) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'app',
              image: 'shop:1',
              ports: [{ name: 'http', containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/', port: 'http' } },
              resources: { requests: { cpu: '100m', memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
}

/** Goes on for as long as the bench may want to look: every check that passes moves the weight. */
export function canary(name: string, interval: string) {
  return {
    apiVersion: API_VERSION,
    kind: 'Canary',
    metadata: { name },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80, targetPort: 'http' },
      progressDeadlineSeconds: 600,
      analysis: {
        interval,
        threshold: 10,
        stepWeights: Array.from({ length: 50 }, (_, i) => 10 + i),
        metrics: [
          { name: 'request-success-rate', thresholdRange: { min: 99 }, interval },
          { name: 'request-duration', thresholdRange: { max: 500 }, interval },
        ],
      },
    },
  };
}

import { API_VERSION, type Kind } from '../../src/api/group.ts';

/** A manifest of each kind that nothing is wrong with; the bad ones are made from these. */
export const GOOD: Record<Kind, Record<string, unknown>> = {
  Canary: {
    apiVersion: API_VERSION,
    kind: 'Canary',
    metadata: { name: 'shop', namespace: 'default' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
      service: { port: 8080, targetPort: 'http' },
      analysis: {
        interval: '30s',
        threshold: 5,
        stepWeight: 10,
        maxWeight: 50,
        metrics: [
          { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
          { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } },
        ],
        webhooks: [{ name: 'smoke', type: 'pre-rollout', url: 'http://tester.shop/' }],
        alerts: [{ name: 'on-call', severity: 'error', providerRef: { name: 'slack' } }],
      },
    },
  },
  MetricTemplate: {
    apiVersion: API_VERSION,
    kind: 'MetricTemplate',
    metadata: { name: 'not-found', namespace: 'default' },
    spec: {
      provider: { type: 'prometheus', address: 'http://prometheus.monitoring:9090' },
      query: 'sum(rate(http_404_total{namespace="{{ namespace }}"}[{{ interval }}]))',
    },
  },
  AlertProvider: {
    apiVersion: API_VERSION,
    kind: 'AlertProvider',
    metadata: { name: 'slack', namespace: 'default' },
    spec: { type: 'slack', channel: 'releases', secretRef: { name: 'slack-url' } },
  },
};

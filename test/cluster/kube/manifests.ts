export function list(...items: unknown[]) {
  return { apiVersion: 'v1', kind: 'List', items };
}

export function deployment(name: string, replicas: number) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec() },
    },
  };
}

export function pod(name: string, annotations: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, annotations }, spec: podSpec() };
}

function podSpec() {
  return { containers: [{ name: 'app', image: 'web:1', ports: [{ containerPort: 8080 }] }] };
}

export function service(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

export function virtualService([stable, canary]: [number, number | string]) {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'web' },
    spec: {
      hosts: ['web'],
      http: [
        {
          route: [
            { destination: { host: 'web-primary' }, weight: stable },
            { destination: { host: 'web-canary' }, weight: canary },
          ],
        },
      ],
    },
  };
}

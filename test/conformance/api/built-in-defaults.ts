import { expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { deployment, service } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const WEB = { name: 'web', image: 'registry.example/web:1' };

/** What the server adds: Linnet compares templates, and must not take these for changes. */
export function describeBuiltInDefaults(server: () => ApiServer): void {
  const ns = testNamespace(server, 'completed');

  test('a Deployment', async () => {
    const { spec } = await ns.create('deployments', {
      spec: {
        paused: true,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [WEB] } },
      },
    });
    expect(spec).toEqual({
      paused: true,
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ ...WEB, ...CONTAINER_DEFAULTS }],
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          securityContext: {},
          schedulerName: 'default-scheduler',
        },
      },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
  });

  test('a pod template with everything', async () => {
    const probe = { httpGet: { path: '/ready', port: 'http' } };
    const pod = {
      serviceAccountName: 'web',
      initContainers: [{ name: 'init', image: 'registry.example/init' }],
      containers: [
        {
          ...WEB,
          image: 'registry.example/web:latest',
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: probe,
          livenessProbe: { tcpSocket: { port: 8080 } },
          startupProbe: { grpc: { port: 9090 } },
          env: [
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          ],
          resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
        },
      ],
      volumes: [
        { name: 'a', configMap: { name: 'x' } },
        { name: 'b', secret: { secretName: 'x' } },
        {
          name: 'c',
          downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' } }] },
        },
        { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
        { name: 'e', hostPath: { path: '/x' } },
        { name: 'f' },
      ],
    };
    const { spec } = await ns.create('deployments', deployment(pod, { paused: true }));
    const template = spec?.['template'] as { spec: Record<string, unknown> };
    const times = {
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    };
    expect(template.spec).toEqual({
      serviceAccountName: 'web',
      serviceAccount: 'web',
      initContainers: [
        {
          name: 'init',
          image: 'registry.example/init',
          ...CONTAINER_DEFAULTS,
          imagePullPolicy: 'Always',
        },
      ],
      containers: [
        {
          ...WEB,
          image: 'registry.example/web:latest',
          ...CONTAINER_DEFAULTS,
          imagePullPolicy: 'Always',
          ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
          readinessProbe: { httpGet: { ...probe.httpGet, scheme: 'HTTP' }, ...times },
          livenessProbe: { tcpSocket: { port: 8080 }, ...times },
          startupProbe: { grpc: { port: 9090, service: '' }, ...times },
          env: [
            {
              name: 'POD',
              valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } },
            },
            {
              name: 'CPU',
              valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } },
            },
          ],
          resources: { limits: { cpu: '500m', memory: '1Gi' } },
        },
      ],
      volumes: [
        { name: 'a', configMap: { name: 'x', defaultMode: 420 } },
        { name: 'b', secret: { secretName: 'x', defaultMode: 420 } },
        {
          name: 'c',
          downwardAPI: {
            defaultMode: 420,
            items: [{ path: 'x', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }],
          },
        },
        {
          name: 'd',
          projected: {
            defaultMode: 420,
            sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }],
          },
        },
        { name: 'e', hostPath: { path: '/x', type: '' } },
        { name: 'f', emptyDir: {} },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    });
  });

  test('a Service', async () => {
    const { spec } = await ns.create('services', service());
    const { clusterIP, clusterIPs, ...rest } = spec ?? {};
    expect(clusterIP).toMatch(/^10\.\d+\.\d+\.\d+$/);
    expect(clusterIPs).toEqual([clusterIP]);
    expect(rest).toEqual({
      selector: { app: 'web' },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    });
  });

  test('a Service without an address', async () => {
    const { spec } = await ns.create('services', service({ clusterIP: 'None' }));
    expect(spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
  });

  test('a Secret from strings', async () => {
    const secret = await ns.create('secrets', { stringData: { a: 'x' }, data: { b: 'eQ==' } });
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'eA==', b: 'eQ==' } });
    expect(secret).not.toHaveProperty('stringData');
  });

  test('an autoscaler', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const manifest = { spec: { scaleTargetRef, maxReplicas: 3 } };
    const { spec } = await ns.create('horizontalpodautoscalers', manifest);
    const target = { type: 'Utilization', averageUtilization: 80 };
    expect(spec).toEqual({
      scaleTargetRef,
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    });
  });
}

const CONTAINER_DEFAULTS = {
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent',
};

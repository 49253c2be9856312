import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { configMap, deployment, service } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const WEB = { name: 'web', image: 'registry.example/web:1' };

interface Row {
  what: string;
  resource: string;
  manifest: object;
  field: string;
  reason: string;
  message: unknown;
}

const INVALID: Row[] = [
  {
    what: 'a selector that the template does not match',
    resource: 'deployments',
    manifest: deployment({}, { selector: { matchLabels: { app: 'other' } } }),
    field: 'spec.template.metadata.labels',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  },
  {
    what: 'replicas below zero',
    resource: 'deployments',
    manifest: deployment({}, { replicas: -1 }),
    field: 'spec.replicas',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: -1: must be greater than or equal to 0',
  },
  {
    what: 'no container',
    resource: 'deployments',
    manifest: deployment({ containers: [] }),
    field: 'spec.template.spec.containers',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    what: 'a container without an image',
    resource: 'deployments',
    manifest: deployment({ containers: [{ name: 'web' }] }),
    field: 'spec.template.spec.containers[0].image',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    what: 'two containers of one name',
    resource: 'deployments',
    manifest: deployment({ containers: [WEB, WEB] }),
    field: 'spec.template.spec.containers[1].name',
    reason: 'FieldValueDuplicate',
    message: 'Duplicate value: "web"',
  },
  {
    what: 'a mount of no volume',
    resource: 'deployments',
    manifest: deployment({
      containers: [{ ...WEB, volumeMounts: [{ name: 'x', mountPath: '/x' }] }],
    }),
    field: 'spec.template.spec.containers[0].volumeMounts[0].name',
    reason: 'FieldValueNotFound',
    message: 'Not found: "x"',
  },
  {
    what: 'a port too large',
    resource: 'deployments',
    manifest: deployment({ containers: [{ ...WEB, ports: [{ containerPort: 65_536 }] }] }),
    field: 'spec.template.spec.containers[0].ports[0].containerPort',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 65536: must be between 1 and 65535, inclusive',
  },
  {
    what: 'a port of a Service too large',
    resource: 'services',
    manifest: service({ ports: [{ port: 65_536 }] }),
    field: 'spec.ports[0].port',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 65536: must be between 1 and 65535, inclusive',
  },
  {
    what: 'a Service without ports',
    resource: 'services',
    manifest: service({ ports: [] }),
    field: 'spec.ports',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    what: 'ports of one name',
    resource: 'services',
    manifest: service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    }),
    field: 'spec.ports[1].name',
    reason: 'FieldValueDuplicate',
    message: 'Duplicate value: "a"',
  },
  {
    what: 'an autoscaler of nothing',
    resource: 'horizontalpodautoscalers',
    manifest: { spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 0 } },
    field: 'spec.maxReplicas',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 0: must be greater than 0',
  },
  {
    what: 'an autoscaler upside down',
    resource: 'horizontalpodautoscalers',
    manifest: {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 3, maxReplicas: 2 },
    },
    field: 'spec.maxReplicas',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 2: must be greater than or equal to `minReplicas`',
  },
];

export function describeBuiltInKinds(server: () => ApiServer): void {
  const ns = testNamespace(server, 'built-in');

  describe('are refused', () => {
    test.each(INVALID)('$resource: $what', async (row) => {
      const { resource, manifest, field, reason, message } = row;
      const answer = await ns.post<Refused>(resource, { ...manifest, metadata: { name: 'x' } });
      expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(answer.body.details.causes).toContainEqual({ field, reason, message });
    });
  });

  describe('are completed', () => {
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
  });

  describe('do not change', () => {
    test('the selector of a Deployment', async () => {
      const { metadata } = await ns.create('deployments', deployment());
      const labels = { app: 'web', track: 'x' };
      const spec = { selector: { matchLabels: labels }, template: { metadata: { labels } } };
      const answer = await ns.patch<Refused>('merge', `deployments/${metadata.name}`, { spec });
      expect(answer.status).toBe(422);
      expect(answer.body.details.causes).toEqual([
        {
          reason: 'FieldValueInvalid',
          message: `Invalid value: ${JSON.stringify({ matchLabels: labels })}: field is immutable`,
          field: 'spec.selector',
        },
      ]);
    });

    test('the address of a Service', async () => {
      const { metadata } = await ns.create('services', service());
      const path = `services/${metadata.name}`;
      const answer = await ns.patch<Refused>('merge', path, {
        spec: { clusterIP: 'None', clusterIPs: ['None'] },
      });
      expect(answer.status).toBe(422);
      expect(answer.body.details.causes).toEqual([
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: ["None"]: may not change once set',
          field: 'spec.clusterIPs[0]',
        },
      ]);
    });

    test('a PUT of a Service without its address keeps it', async () => {
      const made = await ns.create('services', service());
      const { clusterIP, clusterIPs, ...spec } = made.spec ?? {};
      const answer = await ns.put(`services/${made.metadata.name}`, { ...made, spec });
      expect(answer).toMatchObject({ status: 200, body: { spec: { clusterIP, clusterIPs } } });
    });

    test.each(['configmaps', 'secrets'])('data of %s that is immutable', async (resource) => {
      const data = { a: 'MQ==' };
      const { metadata } = await ns.create(resource, { ...configMap(data), immutable: true });
      const path = `${resource}/${metadata.name}`;
      const message = 'Forbidden: field is immutable when `immutable` is set';
      for (const [field, patch] of [
        ['data', { data: { a: 'Mg==' } }],
        ['immutable', { immutable: null }],
      ] as const) {
        const answer = await ns.patch<Refused>('merge', path, patch);
        expect(answer.status).toBe(422);
        expect(answer.body.details.causes).toEqual([
          { reason: 'FieldValueForbidden', message, field },
        ]);
      }
      const labels = { still: 'labelled' };
      const labelled = await ns.patch('merge', path, { metadata: { labels } });
      expect(labelled).toMatchObject({ status: 200, body: { metadata: { labels } } });
    });

    test('data of a ControllerRevision', async () => {
      const { metadata } = await ns.create('controllerrevisions', { revision: 1, data: { a: 1 } });
      const path = `controllerrevisions/${metadata.name}`;
      const answer = await ns.patch<Refused>('merge', path, { data: { a: 2 } });
      expect(answer.status).toBe(422);
      expect(answer.body.details.causes[0]).toMatchObject({ field: 'data' });
      expect((await ns.patch('merge', path, { revision: 2 })).status).toBe(200);
    });

    test('the type of a Secret', async () => {
      const { metadata } = await ns.create('secrets', {});
      const path = `secrets/${metadata.name}`;
      const answer = await ns.patch<Refused>('merge', path, { type: 'other' });
      expect(answer.body.details.causes[0]).toMatchObject({ field: 'type' });
    });

    test('a pod, but for its images', async () => {
      const spec = { containers: [WEB], nodeName: 'elsewhere' };
      const { metadata } = await ns.create('pods', { spec });
      const path = `pods/${metadata.name}`;
      const other = await ns.patch<Refused>('strategic', path, { spec: { hostname: 'x' } });
      expect(other.status).toBe(422);
      expect(other.body.details.causes[0]).toMatchObject({
        field: 'spec',
        reason: 'FieldValueForbidden',
      });
      const containers = [{ name: 'web', image: 'registry.example/web:2' }];
      const image = await ns.patch('strategic', path, { spec: { containers } });
      expect(image).toMatchObject({ status: 200 });
    });
  });
}

const CONTAINER_DEFAULTS = {
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'IfNotPresent',
};

interface Refused {
  reason: string;
  details: { causes: { field: string; reason: string; message: string }[] };
}

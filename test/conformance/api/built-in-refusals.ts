import { expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { deployment, service } from './manifests.ts';
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
    what: 'a deadline before pods can count as ready',
    resource: 'deployments',
    manifest: deployment({}, { minReadySeconds: 5, progressDeadlineSeconds: 5 }),
    field: 'spec.progressDeadlineSeconds',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 5: must be greater than minReadySeconds',
  },
  {
    what: 'pods that do not restart',
    resource: 'deployments',
    manifest: deployment({ restartPolicy: 'Never' }),
    field: 'spec.template.spec.restartPolicy',
    reason: 'FieldValueNotSupported',
    message: 'Unsupported value: "Never": supported values: "Always"',
  },
  {
    what: 'an unknown way to restart',
    resource: 'pods',
    manifest: { spec: { restartPolicy: 'Odd', containers: [WEB] } },
    field: 'spec.restartPolicy',
    reason: 'FieldValueNotSupported',
    message: 'Unsupported value: "Odd": supported values: "Always", "OnFailure", "Never"',
  },
  {
    what: 'a Service of an unknown type',
    resource: 'services',
    manifest: service({ type: 'Odd' }),
    field: 'spec.type',
    reason: 'FieldValueNotSupported',
    message:
      'Unsupported value: "Odd": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
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

/** The common mistakes, each in the words of the server. */
export function describeBuiltInRefusals(server: () => ApiServer): void {
  const ns = testNamespace(server, 'refused');

  test.each(INVALID)('$resource: $what', async (row) => {
    const { resource, manifest, field, reason, message } = row;
    const answer = await ns.post<Refused>(resource, { ...manifest, metadata: { name: 'x' } });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect(answer.body.details.causes).toContainEqual({ field, reason, message });
  });
}

interface Refused {
  reason: string;
  details: { causes: { field: string; reason: string; message: string }[] };
}

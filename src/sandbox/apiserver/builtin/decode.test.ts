import { describe, expect, test } from 'vitest';

import type { JsonObject } from '../cluster-state.ts';
import { decodeBuiltin } from './decode.ts';
import { builtinSchema } from './model-schema.ts';

const podSpec = (spec: JsonObject): { object: JsonObject; unknownFields: string[] } =>
  decodeBuiltin('PodSpec', 'v1', spec, builtinSchema('V1PodSpec'));

const container = (fields: JsonObject): JsonObject =>
  (podSpec({ containers: [{ name: 'web', ...fields }] }).object['containers'] as JsonObject[])[0] ??
  {};

describe('what is read is written as the Go type would', () => {
  test.each([
    [
      'quantities in their canonical form',
      { resources: { limits: { cpu: 0.5, memory: '1024Mi' } } },
      { resources: { limits: { cpu: '500m', memory: '1Gi' } } },
    ],
    ['zeros that say nothing left out', { tty: false, stdin: false, image: '' }, { resources: {} }],
    [
      'zeros that say something kept',
      { securityContext: { runAsUser: 0, privileged: false } },
      { resources: {}, securityContext: { runAsUser: 0, privileged: false } },
    ],
    ['empty lists and maps left out', { env: [], args: [] }, { resources: {} }],
    ['empty structs kept', { securityContext: {} }, { resources: {}, securityContext: {} }],
    ['nulls left out', { command: null, env: null }, { resources: {} }],
    [
      'ports by number or name',
      { livenessProbe: { httpGet: { port: 'http' } } },
      { resources: {}, livenessProbe: { httpGet: { port: 'http' } } },
    ],
  ])('%s', (_name, given, written) => {
    expect(container(given as JsonObject)).toEqual({ name: 'web', ...written });
  });

  test('times in UTC and whole seconds', () => {
    const schema = builtinSchema('V1PodCondition');
    const raw = {
      type: 'Ready',
      status: 'True',
      lastTransitionTime: '2024-01-01T02:00:00.7+02:00',
    };
    expect(decodeBuiltin('PodCondition', 'v1', raw, schema).object).toEqual({
      type: 'Ready',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2024-01-01T00:00:00Z',
    });
  });
});

test('unknown fields are left out and named', () => {
  const { object, unknownFields } = podSpec({
    containers: [{ name: 'web', imag: 'x', ports: [{ containerPort: 80, prot: 'TCP' }] }],
    replica: 1,
  });
  expect(unknownFields).toEqual(['containers[0].imag', 'containers[0].ports[0].prot', 'replica']);
  expect(object).not.toHaveProperty('replica');
});

test.each([
  [
    { replicas: 'two' },
    'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    { paused: 1 },
    'cannot unmarshal number into Go struct field DeploymentSpec.spec.paused of type',
  ],
  [
    { template: [] },
    'cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec',
  ],
  [
    { template: { spec: { containers: {} } } },
    'cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type',
  ],
  [
    { template: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } } },
    'quantities must match the regular expression',
  ],
])('%j is refused', (spec, message) => {
  const schema = builtinSchema('V1Deployment');
  const run = (): unknown => decodeBuiltin('Deployment', 'v1', { spec }, schema);
  expect(run).toThrow(message);
  expect(run).toThrow('Deployment in version "v1" cannot be handled as a Deployment');
});

import { expect, vi } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { said } from './refusal.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const GROUP = 'conformance.linnet.dev';
const NAME = `widgets.${GROUP}`;

/** A kind whose schema has one of everything that a definition can say about its objects. */
const WIDGETS = {
  metadata: { name: NAME },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['gadgets'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Mode', type: 'string', jsonPath: '.spec.mode', description: 'How it works.' },
          {
            name: 'Ready',
            type: 'string',
            jsonPath: '.status.conditions[?(@.type=="Ready")].status',
          },
          { name: 'Wide', type: 'string', jsonPath: '.spec.port', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        selectableFields: [{ jsonPath: '.spec.mode' }],
        schema: { openAPIV3Schema: schema() },
      },
    ],
  },
};

function schema(): object {
  return {
    type: 'object',
    required: ['spec'],
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer', minimum: 1, maximum: 10 },
          replicas: { type: 'integer', format: 'int32', default: 1 },
          mode: { type: 'string', maxLength: 10, enum: ['Fast', 'Slow'], default: 'Fast' },
          label: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
          port: { 'x-kubernetes-int-or-string': true },
          ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
          since: { type: 'string', format: 'date-time' },
          maybe: { type: 'string', nullable: true },
          never: { type: 'string', default: 'x' },
          maybeDefaulted: { type: 'string', nullable: true, default: 'y' },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          tags: {
            type: 'array',
            maxItems: 3,
            items: { type: 'string' },
            'x-kubernetes-list-type': 'set',
          },
          parts: {
            type: 'array',
            maxItems: 5,
            items: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { type: 'string', maxLength: 10 },
                count: { type: 'integer', default: 1 },
                weight: { type: 'integer' },
              },
            },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
          },
          limits: { type: 'object', maxProperties: 2, additionalProperties: { type: 'integer' } },
          frozen: {
            type: 'string',
            maxLength: 10,
            'x-kubernetes-validations': [
              { rule: 'self == oldSelf', message: 'it cannot change any more' },
            ],
          },
          from: { type: 'integer' },
          to: { type: 'integer' },
          timeout: { type: 'string', maxLength: 20 },
        },
        'x-kubernetes-validations': [
          {
            rule: '!has(self.from) || !has(self.to) || self.from <= self.to',
            messageExpression: '"from is after to in mode " + self.mode',
            fieldPath: '.from',
            reason: 'FieldValueForbidden',
          },
          {
            rule: "!has(self.timeout) || duration(self.timeout) < duration('1h')",
            message: 'timeout must be shorter than 1h',
          },
          { rule: '!has(self.parts) || self.parts.all(part, part.count < 100)' },
        ],
      },
      status: {
        type: 'object',
        properties: {
          phase: { type: 'string', enum: ['Ready', 'Broken'] },
          replicas: { type: 'integer' },
          selector: { type: 'string' },
          conditions: {
            type: 'array',
            items: {
              type: 'object',
              required: ['type'],
              properties: { type: { type: 'string' }, status: { type: 'string' } },
            },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
          },
        },
      },
    },
  };
}

/** Returns once Widgets can be written. */
export async function defineWidgets(server: ApiServer): Promise<void> {
  const made = await server.send('POST', DEFINITIONS, { body: WIDGETS });
  expect(said(made)).toEqual({ status: 201, body: expect.anything() });
  // No event tells when the server has begun to serve a kind.
  await vi.waitFor(
    async () => {
      const list = await server.send('GET', `/apis/${GROUP}/v1/widgets`);
      expect(list.status).toBe(200);
    },
    { timeout: 20_000, interval: 50 },
  );
}

export async function removeWidgets(server: ApiServer): Promise<void> {
  await server.send('DELETE', `${DEFINITIONS}/${NAME}`);
}

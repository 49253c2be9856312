import { describe, expect, test } from 'vitest';

import { CRDS, freshCluster, refusalOf, WIDGETS } from '../../../../test/builders/api-cluster.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';

const cluster = freshCluster();

describe('a custom resource', () => {
  const spec = {
    type: 'object',
    properties: { size: { type: 'integer', maximum: 3, default: 1 } },
  };
  const version = (name: string, storage: boolean): JsonObject => ({
    name,
    served: true,
    storage,
    subresources: { status: {} },
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec,
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  });
  const define = (versions = [version('v1', true)]): KubeObject =>
    cluster.state.create(CRDS, {
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions,
      },
    });
  const widget = (fields: JsonObject = {}): KubeObject =>
    cluster.state.create(WIDGETS, { metadata: { name: 'w', namespace: 'default' }, spec: fields });

  test('is served as soon as it is defined', () => {
    expect(refusalOf(() => cluster.state.list(WIDGETS)).code).toBe(404);
    const conditions = define().status?.['conditions'] as JsonObject[];
    expect(conditions.map((one) => [one['type'], one['status']])).toEqual([
      ['NamesAccepted', 'True'],
      ['Established', 'True'],
    ]);
    expect(widget().spec).toEqual({ size: 1 });
  });

  test('is validated by its schema', () => {
    define();
    expect(refusalOf(() => widget({ size: 4 })).message).toBe(
      'Widget.example.com "w" is invalid: spec.size: Invalid value: 4: spec.size in body should be less than or equal to 3',
    );
  });

  test('has a generation that its status does not raise', () => {
    define();
    const stored = widget();
    const seen = cluster.state.replaceStatus(WIDGETS, { ...stored, status: { phase: 'x' } });
    expect(seen.metadata.generation).toBe(1);
    expect(cluster.state.replace(WIDGETS, { ...seen, spec: { size: 2 } }).metadata.generation).toBe(
      2,
    );
  });

  test('is one object in all its versions', () => {
    define([version('v1', true), version('v1beta1', false)]);
    widget();
    const old = cluster.state.get({ ...WIDGETS, version: 'v1beta1' }, 'default', 'w');
    expect(old?.apiVersion).toBe('example.com/v1beta1');
    cluster.state.replace(
      { ...WIDGETS, version: 'v1beta1' },
      { ...(old as KubeObject), spec: { size: 3 } },
    );
    expect(cluster.state.get(WIDGETS, 'default', 'w')).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { size: 3 },
    });
  });

  test('goes with its definition', () => {
    define();
    widget();
    cluster.state.delete(CRDS, undefined, 'widgets.example.com');
    expect(cluster.state.list(CRDS)).toEqual([]);
    expect(refusalOf(() => cluster.state.list(WIDGETS)).code).toBe(404);
    define();
    expect(cluster.state.list(WIDGETS)).toEqual([]);
  });

  test('with finalizers holds its definition', () => {
    define();
    const held = widget();
    const metadata = { ...held.metadata, finalizers: ['a.b/c'] };
    const marked = cluster.state.replace(WIDGETS, { ...held, metadata });
    cluster.state.delete(CRDS, undefined, 'widgets.example.com');
    expect(cluster.state.list(CRDS)).toHaveLength(1);
    const current = cluster.state.get(WIDGETS, 'default', 'w') as KubeObject;
    expect(current.metadata.deletionTimestamp).toBeDefined();
    cluster.state.replace(WIDGETS, {
      ...current,
      metadata: { ...current.metadata, finalizers: [] },
    });
    expect(cluster.state.list(CRDS)).toEqual([]);
    expect(marked.metadata.uid).toBe(current.metadata.uid);
  });

  test.each([
    ['without a schema', { ...version('v1', true), schema: {} }, 'schemas are required'],
    ['with a rule that does not compile', withRule('self.a +'), 'compilation failed'],
    ['with an untyped field', withProperty({}), 'must not be empty for specified object fields'],
    [
      'with two kinds of properties',
      withProperty({
        type: 'object',
        properties: { a: { type: 'string' } },
        additionalProperties: true,
      }),
      'mutual exclusive',
    ],
    [
      'with a broken column',
      {
        ...version('v1', true),
        additionalPrinterColumns: [{ name: 'a', type: 'string', jsonPath: '.a[' }],
      },
      'invalid path',
    ],
  ])('cannot be defined %s', (_name, broken, message) => {
    expect(refusalOf(() => define([broken])).message).toContain(message);
  });

  function withProperty(property: JsonObject): JsonObject {
    const openAPIV3Schema = { type: 'object', properties: { spec: property } };
    return { ...version('v1', true), schema: { openAPIV3Schema } };
  }

  function withRule(rule: string): JsonObject {
    return withProperty({ type: 'object', 'x-kubernetes-validations': [{ rule }] });
  }
});

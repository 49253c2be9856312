import { describe, expect, test } from 'vitest';

import {
  CONFIG_MAPS,
  createConfigMap,
  DEPLOYMENTS,
  freshCluster,
  refusalOf,
} from '../../../../test/builders/api-cluster.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';

const cluster = freshCluster();

function deployment(spec: JsonObject = {}): JsonObject {
  return {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
    ...spec,
  };
}

describe('a write', () => {
  test('is defaulted, and read back as the API would show it', () => {
    cluster.state.create(DEPLOYMENTS, {
      metadata: { name: 'web', namespace: 'default' },
      spec: deployment(),
    });
    const stored = cluster.state.get(DEPLOYMENTS, 'default', 'web');
    expect(stored?.spec).toMatchObject({
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
      template: { spec: { containers: [{ imagePullPolicy: 'IfNotPresent', resources: {} }] } },
    });
    expect(stored?.status).toEqual({});
    expect(stored?.metadata.generation).toBe(1);
  });

  test('raises the generation for its spec, not for its status', () => {
    const created = cluster.state.create(DEPLOYMENTS, {
      metadata: { name: 'web', namespace: 'default' },
      spec: deployment(),
    });
    const scaled = cluster.state.replace(DEPLOYMENTS, {
      ...created,
      spec: deployment({ replicas: 3 }),
    });
    expect(scaled.metadata.generation).toBe(2);
    const seen = cluster.state.replaceStatus(DEPLOYMENTS, { ...scaled, status: { replicas: 3 } });
    expect(seen.metadata.generation).toBe(2);
    expect(seen.status).toEqual({ replicas: 3 });
  });

  test('of the spec leaves the status alone, and the other way round', () => {
    const created = cluster.state.create(DEPLOYMENTS, {
      metadata: { name: 'web', namespace: 'default' },
      spec: deployment(),
      status: { replicas: 9 },
    });
    expect(created.status).toEqual({});
    const spec = deployment({ replicas: 7 });
    const after = cluster.state.replaceStatus(DEPLOYMENTS, {
      ...created,
      spec,
      status: { replicas: 1 },
    });
    expect(after.spec?.['replicas']).toBe(2);
    const again = cluster.state.replace(DEPLOYMENTS, { ...after, status: { replicas: 5 } });
    expect(again.status).toEqual({ replicas: 1 });
  });

  test('that changes nothing makes no revision', () => {
    const created = createConfigMap(cluster.state, 'a');
    expect(cluster.state.replace(CONFIG_MAPS, created)).toBe(created);
    expect(cluster.state.get(CONFIG_MAPS, 'default', 'a')?.metadata.resourceVersion).toBe(
      created.metadata.resourceVersion,
    );
  });

  test('with a stale revision is a conflict', () => {
    const created = createConfigMap(cluster.state, 'a');
    cluster.state.replace(CONFIG_MAPS, { ...created, data: { b: 'c' } });
    const refusal = refusalOf(() =>
      cluster.state.replace(CONFIG_MAPS, { ...created, data: { x: 'y' } }),
    );
    expect(refusal).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(refusal.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test('without a revision overwrites', () => {
    createConfigMap(cluster.state, 'a');
    const metadata = { name: 'a', namespace: 'default' };
    const written = cluster.state.replace(CONFIG_MAPS, { metadata, data: { b: 'c' } });
    expect(written['data']).toEqual({ b: 'c' });
  });

  test.each([
    ['a name that is taken', { name: 'taken' }, 409, 'AlreadyExists'],
    ['a name that is none', { name: 'No_Name' }, 422, 'Invalid'],
    ['no name', {}, 422, 'Invalid'],
    ['a label that is none', { name: 'a', labels: { 'a b': 'c' } }, 422, 'Invalid'],
    ['two controllers', { name: 'a', ownerReferences: controllers() }, 422, 'Invalid'],
    ['a namespace that does not exist', { name: 'a', namespace: 'gone' }, 404, 'NotFound'],
  ])('with %s is refused', (_name, metadata, code, reason) => {
    createConfigMap(cluster.state, 'taken');
    const object = { metadata: { namespace: 'default', ...metadata } } as unknown as KubeObject;
    expect(refusalOf(() => cluster.state.create(CONFIG_MAPS, object))).toMatchObject({
      code,
      reason,
    });
  });

  test.each([
    ['no selector', deployment({ selector: null }), 'spec.selector: Required value'],
    [
      'another selector',
      deployment({ selector: { matchLabels: { a: 'b' } } }),
      '`selector` does not match template `labels`',
    ],
    [
      'no containers',
      deployment({ template: { metadata: { labels: { app: 'web' } } } }),
      'spec.template.spec.containers: Required value',
    ],
    [
      'negative replicas',
      deployment({ replicas: -1 }),
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'text for replicas',
      deployment({ replicas: 'two' }),
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a misspelt field',
      deployment({ replica: 2 }),
      'strict decoding error: unknown field "spec.replica"',
    ],
  ])('of a deployment with %s is refused', (_name, spec, message) => {
    const object = { metadata: { name: 'web', namespace: 'default' }, spec };
    expect(refusalOf(() => cluster.state.create(DEPLOYMENTS, object)).message).toContain(message);
  });

  test('to frozen data is refused', () => {
    const metadata = { name: 'a', namespace: 'default' };
    const frozen = cluster.state.create(CONFIG_MAPS, {
      metadata,
      data: { a: 'b' },
      immutable: true,
    });
    expect(
      refusalOf(() => cluster.state.replace(CONFIG_MAPS, { ...frozen, data: {} })).message,
    ).toContain('field is immutable when `immutable` is set');
  });
});

function controllers(): JsonObject[] {
  return ['a', 'b'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    uid: name,
    controller: true,
  }));
}

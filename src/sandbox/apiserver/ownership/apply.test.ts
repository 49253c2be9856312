import { describe, expect, test } from 'vitest';

import { Cluster } from '../cluster.ts';
import type { ApiError, JsonObject, KubeObject } from '../cluster-state.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { applyConfiguration } from './apply.ts';

const cluster = new Cluster();
const deployments = cluster.registry.find({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
}) as ResourceDefinition;
const NOW = new Date('2026-01-02T03:04:05Z');

function config(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', ...metadata },
    spec,
  };
}

function withContainers(...containers: JsonObject[]): JsonObject {
  return config({ template: { spec: { containers } } });
}

/** Applies one after the other, each on what the one before left; options as `manager!` to force. */
function applyAll(...steps: [manager: string, config: JsonObject][]): KubeObject {
  let object: KubeObject | undefined;
  for (const [name, applied] of steps) {
    const force = name.endsWith('!');
    const writer = { manager: name.replace('!', ''), subresource: undefined };
    const next = applyConfiguration(deployments, object, { config: applied, writer, force }, NOW);
    object = next as unknown as KubeObject;
  }
  return object as KubeObject;
}

function containersOf(object: KubeObject): JsonObject[] {
  const template = object.spec?.['template'] as { spec: { containers: JsonObject[] } };
  return template.spec.containers;
}

function ownersOf(object: KubeObject): Record<string, JsonObject> {
  const entries = object.metadata.managedFields ?? [];
  return Object.fromEntries(entries.map((entry) => [entry.manager, entry.fieldsV1 as JsonObject]));
}

function refusalOf(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('nothing was refused');
}

describe('ownership', () => {
  test('is of what the configuration states, and of nothing that was defaulted', () => {
    const object = applyAll(['a', config({ replicas: 2 }, { labels: { app: 'web' } })]);
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'a',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: '2026-01-02T03:04:05Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:app': {} } }, 'f:spec': { 'f:replicas': {} } },
      },
    ]);
  });

  test('is shared by managers that agree', () => {
    const object = applyAll(['a', config({ replicas: 2 })], ['b', config({ replicas: 2 })]);
    expect(Object.keys(ownersOf(object))).toEqual(['a', 'b']);
  });

  test('goes over by force', () => {
    const object = applyAll(['a', config({ replicas: 2 })], ['b!', config({ replicas: 3 })]);
    expect(object.spec?.['replicas']).toBe(3);
    expect(ownersOf(object)).toEqual({ b: { 'f:spec': { 'f:replicas': {} } } });
  });

  test('of list items is by their keys', () => {
    const object = applyAll(['a', withContainers({ name: 'web', ports: [{ containerPort: 80 }] })]);
    const containers = { 'k:{"name":"web"}': expect.anything() as unknown };
    expect(ownersOf(object)['a']).toMatchObject({
      'f:spec': { 'f:template': { 'f:spec': { 'f:containers': containers } } },
    });
    expect(JSON.stringify(ownersOf(object)['a'])).toContain(
      JSON.stringify('k:{"containerPort":80,"protocol":"TCP"}'),
    );
  });
});

describe('conflicts', () => {
  test('one names the field and whose it is', () => {
    const run = (): KubeObject =>
      applyAll(['a', config({ replicas: 2 })], ['b', config({ replicas: 3 })]);
    const refusal = refusalOf(run);
    expect(refusal).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(refusal.message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.replicas');
    expect(refusal.details).toEqual({
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.spec.replicas' },
      ],
    });
  });

  test('several are listed by manager', () => {
    const { message } = refusalOf(() =>
      applyAll(
        ['a', config({ replicas: 2, paused: true })],
        ['b', config({ replicas: 3, paused: false })],
      ),
    );
    expect(message.split('\n')).toEqual([
      'Apply failed with 2 conflicts: conflicts with "a":',
      '- .spec.paused',
      '- .spec.replicas',
    ]);
  });
});

describe('what is no longer applied', () => {
  test('is removed when nobody else owns it', () => {
    const object = applyAll(
      ['a', config({ replicas: 2, minReadySeconds: 5 })],
      ['a', config({ replicas: 2 })],
    );
    expect(object.spec).not.toHaveProperty('minReadySeconds');
  });

  test('stays when another manager owns it too', () => {
    const object = applyAll(
      ['a', config({ replicas: 2 })],
      ['b', config({ replicas: 2 })],
      ['a', config({ paused: true })],
    );
    expect(object.spec).toMatchObject({ replicas: 2, paused: true });
    expect(ownersOf(object)['b']).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  test('takes its list item along, and leaves the items of others', () => {
    const object = applyAll(
      ['a', withContainers({ name: 'web', image: 'web:1' })],
      ['b', withContainers({ name: 'side', image: 'side:1' })],
      ['b', withContainers({ name: 'other', image: 'other:1' })],
    );
    expect(containersOf(object).map((one) => one['name'])).toEqual(['web', 'other']);
  });

  test('leaves the fields that others added to its list item', () => {
    const object = applyAll(
      ['a', withContainers({ name: 'web', image: 'web:1' })],
      ['b', withContainers({ name: 'web', env: [{ name: 'B', value: '1' }] })],
      ['a', config({ replicas: 1 })],
    );
    expect(containersOf(object)).toEqual([{ name: 'web', env: [{ name: 'B', value: '1' }] }]);
  });
});

test('list items come in the order of the configuration, among those of others', () => {
  const item = (name: string): JsonObject => ({ name, image: `${name}:1` });
  const object = applyAll(
    ['a', withContainers(item('x'), item('a'), item('y'))],
    ['b!', withContainers(item('c'), item('a'))],
  );
  expect(containersOf(object).map((one) => one['name'])).toEqual(['x', 'c', 'a', 'y']);
});

test('an apply that changes nothing keeps its time', () => {
  const applied = config({ replicas: 2 });
  const first = applyAll(['a', applied]);
  const writer = { manager: 'a', subresource: undefined };
  const later = new Date('2027-01-01T00:00:00Z');
  const again = applyConfiguration(
    deployments,
    first,
    { config: applied, writer, force: false },
    later,
  );
  expect((again as unknown as KubeObject).metadata.managedFields).toEqual(
    first.metadata.managedFields,
  );
});

test('objects from before the first apply belong to a manager of that name', () => {
  const live = { ...config({ replicas: 2 }), status: {} } as unknown as KubeObject;
  const writer = { manager: 'a', subresource: undefined };
  const refusal = refusalOf(() =>
    applyConfiguration(
      deployments,
      live,
      { config: config({ replicas: 3 }), writer, force: false },
      NOW,
    ),
  );
  expect(refusal.message).toContain('"before-first-apply" using apps/v1: .spec.replicas');
});

import { describe, expect, test } from 'vitest';

import { builtinSchema } from '../builtin/model-schema.ts';
import type { JsonObject } from '../cluster-state.ts';
import { applyStrategicMergePatch } from './strategic.ts';

const POD_SPEC = builtinSchema('V1PodSpec');
const METADATA = builtinSchema('V1ObjectMeta');
const SERVICE = builtinSchema('V1ServiceSpec');

const web = { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] };
const side = { name: 'side', image: 'side:1' };

interface Case {
  name: string;
  before: JsonObject;
  patch: JsonObject;
  after: JsonObject;
  schema?: typeof POD_SPEC;
}

const CASES: Case[] = [
  {
    name: 'a container is changed by its name',
    before: { containers: [web, side] },
    patch: { containers: [{ name: 'web', image: 'web:2' }] },
    after: { containers: [{ ...web, image: 'web:2' }, side] },
  },
  {
    name: 'new items come first, as the real server has it',
    before: { containers: [web] },
    patch: { containers: [side] },
    after: { containers: [side, web] },
  },
  {
    name: '$setElementOrder orders the listed items; others keep their place',
    before: { containers: [web, side] },
    patch: {
      '$setElementOrder/containers': [{ name: 'web' }, { name: 'new' }],
      containers: [{ name: 'new', image: 'new:1' }],
    },
    after: { containers: [web, { name: 'new', image: 'new:1' }, side] },
  },
  {
    name: '$patch: delete removes an item',
    before: { containers: [web, side] },
    patch: { containers: [{ name: 'side', $patch: 'delete' }] },
    after: { containers: [web] },
  },
  {
    name: '$patch: replace replaces a list',
    before: { containers: [web, side] },
    patch: { containers: [{ $patch: 'replace' }, side] },
    after: { containers: [side] },
  },
  {
    name: '$patch: replace replaces an object',
    before: { securityContext: { runAsUser: 1, fsGroup: 2 } },
    patch: { securityContext: { $patch: 'replace', runAsUser: 3 } },
    after: { securityContext: { runAsUser: 3 } },
  },
  {
    name: 'environment variables merge by name, two levels down',
    before: { containers: [web] },
    patch: { containers: [{ name: 'web', env: [{ name: 'B', value: '2' }] }] },
    after: { containers: [{ ...web, env: [{ name: 'B', value: '2' }, ...web.env] }] },
  },
  {
    name: 'null removes',
    before: { nodeName: 'n', hostname: 'h' },
    patch: { nodeName: null, subdomain: null },
    after: { hostname: 'h' },
  },
  {
    name: 'lists without a merge key are replaced',
    before: { tolerations: [{ key: 'a' }] },
    patch: { tolerations: [{ key: 'b' }] },
    after: { tolerations: [{ key: 'b' }] },
  },
  {
    name: '$retainKeys lets go of the other kind of volume',
    before: { volumes: [{ name: 'v', emptyDir: {} }] },
    patch: {
      volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }],
    },
    after: { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
  },
  {
    name: 'finalizers are a set',
    schema: METADATA,
    before: { finalizers: ['a/1', 'b/2'] },
    patch: { finalizers: ['b/2', 'c/3'] },
    after: { finalizers: ['a/1', 'b/2', 'c/3'] },
  },
  {
    name: '$deleteFromPrimitiveList takes out of a set',
    schema: METADATA,
    before: { finalizers: ['a/1', 'b/2'] },
    patch: { '$deleteFromPrimitiveList/finalizers': ['a/1'] },
    after: { finalizers: ['b/2'] },
  },
  {
    name: 'service ports merge by port',
    schema: SERVICE,
    before: { ports: [{ port: 80, name: 'http' }] },
    patch: { ports: [{ port: 80, targetPort: 8080 }] },
    after: { ports: [{ port: 80, name: 'http', targetPort: 8080 }] },
  },
  {
    name: 'directives do not stay in new values',
    before: {},
    patch: { containers: [{ name: 'web', $patch: 'merge' }], affinity: { $patch: 'replace' } },
    after: { containers: [{ name: 'web' }], affinity: {} },
  },
];

describe('a strategic merge patch', () => {
  test.each(CASES)('$name', ({ before, patch, after, schema = POD_SPEC }) => {
    const kept = structuredClone(before);
    expect(applyStrategicMergePatch(before, patch, schema)).toEqual(after);
    expect(before).toEqual(kept);
  });

  test('an item without its key is refused', () => {
    const patch = { containers: [{ image: 'x' }] };
    expect(() => applyStrategicMergePatch({ containers: [web] }, patch, POD_SPEC)).toThrow(
      'map: map[image:x] does not contain declared merge key: name',
    );
  });

  test('what $retainKeys does not list cannot be set beside it', () => {
    const patch = { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: {} };
    const schema = builtinSchema('V1DeploymentStrategy');
    expect(() => applyStrategicMergePatch({}, patch, schema)).toThrow(/retainKeys/);
  });
});

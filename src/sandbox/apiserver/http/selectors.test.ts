import { describe, expect, test } from 'vitest';

import { Cluster } from '../cluster.ts';
import type { KubeObject } from '../cluster-state.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { parseSelectors } from './selectors.ts';

const cluster = new Cluster();
const definition = (resource: string): ResourceDefinition =>
  cluster.registry.find({ group: '', version: 'v1', resource }) as ResourceDefinition;

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { app: 'web', tier: 'front', shard: '7' },
  },
  spec: { nodeName: 'n1' },
  status: { phase: 'Running' },
};

describe('label selectors', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['app notin (api),tier', true],
    ['missing notin (a)', true],
    ['app,!missing', true],
    ['!app', false],
    ['shard>5', true],
    ['shard<5', false],
    ['app=web,tier in (front,back),!missing', true],
    ['app=', false],
  ])('%s: %s', (selector, expected) => {
    expect(parseSelectors(definition('pods'), selector, '')(pod)).toBe(expected);
  });

  test.each(['a b c', 'a in b', '(a)', 'a=b=c'])('%s is refused', (selector) => {
    expect(() => parseSelectors(definition('pods'), selector, '')).toThrow(
      expect.objectContaining({ code: 400, reason: 'BadRequest' }),
    );
  });
});

describe('field selectors', () => {
  test.each([
    ['metadata.name=web-1', true],
    ['metadata.name!=web-1', false],
    ['metadata.namespace=shop,spec.nodeName=n1', true],
    ['status.phase==Pending', false],
    ['spec.nodeName!=', true],
  ])('%s: %s', (selector, expected) => {
    expect(parseSelectors(definition('pods'), '', selector)(pod)).toBe(expected);
  });

  test.each([
    ['pods', 'spec.image=x', 'field label not supported: spec.image'],
    [
      'configmaps',
      'data=x',
      '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('%s cannot be chosen by %s', (resource, selector, message) => {
    expect(() => parseSelectors(definition(resource), '', selector)).toThrow(message);
  });
});

import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { primaryTemplate } from './primary-template.ts';

const LABEL = { key: 'app', target: 'web', primary: 'web-primary' };

/** The pod's spec on the primary. */
function specOf(spec: Record<string, unknown>): unknown {
  const template = { metadata: { labels: { app: 'web', tier: 'x' } }, spec };
  const before = structuredClone(template);
  const made = primaryTemplate(aCanary(), { template, configs: {} }, LABEL);
  expect(template).toEqual(before);
  expect(made['metadata']).toEqual({ labels: { app: 'web-primary', tier: 'x' } });
  return made['spec'];
}

const own = { matchLabels: { app: 'web' } };
const turned = { matchLabels: { app: 'web-primary' } };
const others = { matchLabels: { app: 'cart' } };

describe('the template of the primary', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'spreads its own pods',
      {
        topologySpreadConstraints: [{ maxSkew: 1, labelSelector: own }, { labelSelector: others }],
      },
      {
        topologySpreadConstraints: [
          { maxSkew: 1, labelSelector: turned },
          { labelSelector: others },
        ],
      },
    ],
    [
      'keeps away from its own pods',
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector: own, topologyKey: 'z' },
            ],
          },
        },
      },
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector: turned, topologyKey: 'z' },
            ],
          },
        },
      },
    ],
    [
      'keeps to its own pods, as preferred',
      {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { labelSelector: own } },
            ],
          },
        },
      },
      {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { labelSelector: turned } },
            ],
          },
        },
      },
    ],
    [
      'turns expressions, among other values too',
      {
        affinity: {
          podAntiAffinity: {
            x: [
              {
                labelSelector: {
                  matchExpressions: [
                    { key: 'app', operator: 'In', values: ['cart', 'web'] },
                    { key: 'tier', operator: 'In', values: ['web'] },
                    { key: 'app', operator: 'Exists' },
                  ],
                },
              },
            ],
          },
        },
      },
      {
        affinity: {
          podAntiAffinity: {
            x: [
              {
                labelSelector: {
                  matchExpressions: [
                    { key: 'app', operator: 'In', values: ['cart', 'web-primary'] },
                    { key: 'tier', operator: 'In', values: ['web'] },
                    { key: 'app', operator: 'Exists' },
                  ],
                },
              },
            ],
          },
        },
      },
    ],
    [
      'keeps everything else, known or not',
      {
        containers: [{ name: 'web', env: [{ name: 'APP', value: 'web' }] }],
        fieldOfTomorrow: { app: 'web' },
      },
      {
        containers: [{ name: 'web', env: [{ name: 'APP', value: 'web' }] }],
        fieldOfTomorrow: { app: 'web' },
      },
    ],
  ])('%s', (_, spec, expected) => {
    expect(specOf(spec)).toEqual(expected);
  });
});

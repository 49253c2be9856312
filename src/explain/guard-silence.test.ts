import { describe, expect, it } from 'vitest';
import { aKnownRollout, type Rollout } from '../../test/builders/explained.ts';
import { caseOf } from './case.ts';

describe('a guard that has nothing to show says why', () => {
  it.each<[string, Rollout, string]>([
    [
      'A/B testing',
      {
        edges: [],
        analysis: {
          stepWeights: undefined,
          iterations: 2,
          match: [{ headers: { a: { exact: 'b' } } }],
        },
      },
      'The guard sits out: the canary gets the requests that match, the primary all others: they are not comparable.',
    ],
    [
      'off',
      { edges: [], analysis: { guard: { enabled: false } } },
      'The guard is switched off: spec.analysis.guard.enabled is false.',
    ],
    [
      'nothing to compare',
      {
        edges: [],
        analysis: { guard: { errors: { enabled: false }, latency: { enabled: false } } },
      },
      'The guard compares nothing: spec.analysis.guard switches off errors and latency.',
    ],
    [
      'no weight',
      { edges: [], status: { guard: undefined } },
      'Nothing was compared: no weight was given to the canary while its requests were counted.',
    ],
    [
      'other rules',
      { edges: [], status: { guard: { version: 7 } } },
      "The guard's rules were those of version 7; this linnet knows version 1 and replays no other.",
    ],
    [
      'no block yet',
      { edges: [] },
      'No whole block has been counted yet: no weight was carried for long enough.',
    ],
    [
      'no Prometheus',
      {
        edges: [],
        known: { counted: { why: 'Prometheus at http://p cannot be reached: refused' } },
      },
      'The evidence cannot be replayed: Prometheus at http://p cannot be reached: refused.',
    ],
  ])('%s', (_, rollout, why) => {
    expect(caseOf(aKnownRollout(rollout)).guard).toMatchObject({ why, blocks: [] });
  });
});

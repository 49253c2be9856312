import { describe, expect, it } from 'vitest';
import { aDeployment, aSettledStatus } from '../../../test/builders/workload-objects.ts';
import { podsOf } from './pods.ts';

function pods(status: Record<string, unknown> | undefined, isOfTemplate = true, replicas = 3) {
  const object = { ...aDeployment({ replicas }), status };
  object.metadata.generation = 2;
  return podsOf(object, isOfTemplate);
}

describe('podsOf', () => {
  const settled = aSettledStatus(3, 2);
  it.each<[string, Record<string, unknown> | undefined, object]>([
    ['all is well', settled, { updated: 3, ready: 3, settled: true }],
    ['nothing is known yet', undefined, { updated: 0, ready: 0, settled: false }],
    [
      'the status is older than the spec',
      { ...settled, observedGeneration: 1 },
      { ready: 3, settled: false },
    ],
    [
      'one is not ready',
      { ...settled, readyReplicas: 2, availableReplicas: 2 },
      { ready: 2, settled: false },
    ],
    [
      'ready, not yet available',
      { ...settled, availableReplicas: 2 },
      { ready: 3, settled: false },
    ],
    [
      'an old one is left',
      { ...settled, replicas: 4, readyReplicas: 4 },
      { ready: 3, settled: false },
    ],
    [
      'all ready ones may be old',
      { ...settled, replicas: 4, updatedReplicas: 1, readyReplicas: 3 },
      { updated: 1, ready: 0, settled: false },
    ],
    [
      'more are updated than wanted',
      { ...aSettledStatus(4, 2) },
      { updated: 4, ready: 4, settled: false },
    ],
  ])('%s', (_, status, expected) => {
    expect(pods(status)).toMatchObject({ desired: 3, ...expected });
  });

  it('has none of a template that the status does not speak of', () => {
    const none = { updated: 0, ready: 0, settled: false, uncounted: true };
    expect(pods(settled, false)).toMatchObject(none);
    expect(pods(settled, true)).not.toHaveProperty('uncounted');
  });

  it('is settled at 0', () => {
    expect(pods({ observedGeneration: 2 }, true, 0)).toEqual({
      desired: 0,
      updated: 0,
      ready: 0,
      settled: true,
    });
  });

  it.each<[string, object[], string | undefined]>([
    [
      'nothing',
      [
        { type: 'Available', status: 'True' },
        { type: 'Progressing', status: 'True' },
      ],
      undefined,
    ],
    [
      'a deadline',
      [
        {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: 'timed out',
        },
      ],
      'Deployment checkout: ProgressDeadlineExceeded: timed out',
    ],
    [
      'a quota',
      [
        {
          type: 'ReplicaFailure',
          status: 'True',
          reason: 'FailedCreate',
          message: 'exceeded quota',
        },
      ],
      'Deployment checkout: FailedCreate: exceeded quota',
    ],
    ['a pause', [{ type: 'Progressing', status: 'False', reason: 'DeploymentPaused' }], undefined],
    [
      'a condition without words',
      [{ type: 'ReplicaFailure', status: 'True' }],
      'Deployment checkout: unknown reason',
    ],
  ])('tells the trouble: %s', (_, conditions, trouble) => {
    expect(pods({ ...settled, conditions }).trouble).toBe(trouble);
  });
});

import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  cluster,
  planned,
  reconcile,
  setImage,
  target,
  useDeployments,
  workload,
} from '../../../test/builders/deployment-bench.ts';
import {
  aDeployment,
  anIntent,
  aSettledStatus,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import { isConflict } from '../../ports/cluster.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';

useDeployments();

describe('a revision that cannot be told any more', () => {
  it('is a problem, and the primary is left alone', async () => {
    cluster.put(aDeployment());
    const canary = await planned({ primary: 1 });
    const intent = anIntent({ primary: { revision: 'lost', atLeast: 1, strength: 1 } });
    const seen = await reconcile(canary, intent);
    expect(seen.primary?.object.conformity).toBe('missing');
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['PrimaryUndefined']);
    expect(cluster.writes()).toEqual([]);
  });

  it('cannot be pinned from a target that runs another', async () => {
    cluster.put(aDeployment());
    const seen = await workload.observe(aCanary(), anIntent(), cluster.reader());
    await expect(workload.pin(aCanary(), seen, 'other')).rejects.toSatisfy(isConflict);
  });
});

describe('a target that is wrong', () => {
  it.each<[string, () => void, Record<string, unknown>, string[]]>([
    ['that does not exist', () => {}, {}, ['TargetNotFound']],
    [
      'without a selector label',
      () => {
        cluster.put(aDeployment({ selector: { matchLabels: { component: 'x' } } }));
      },
      {},
      ['SelectorLabelMissing'],
    ],
    [
      'that is paused',
      () => {
        cluster.put(aDeployment({ paused: true }));
      },
      {},
      ['TargetPaused'],
    ],
    [
      'of another kind',
      () => {},
      { targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'checkout' } },
      ['TargetKindNotSupported'],
    ],
  ])('%s', async (_, given, spec, reasons) => {
    given();
    const canary = aCanary({ spec, status: aStatus({}, { target: 1 }) });
    const intent = anIntent({ target: { replicas: 1, mode: 'at-least' } });
    const seen = await reconcile(canary, intent);
    expect(seen.problems.map(({ reason }) => reason)).toEqual(reasons);
    for (const { message } of seen.problems) expect(message).toMatch(/^[^\n]+\.$/);
    expect(seen.primary).toBeUndefined();
  });
});

describe('pods', () => {
  it('are counted from the status, and ready ones are not forgotten while it scales', async () => {
    cluster.put({ ...aDeployment(), status: aSettledStatus(2) });
    const pods = async () =>
      (await workload.observe(aCanary(), anIntent(), cluster.reader())).target?.pods;
    expect(await pods()).toEqual({ desired: 2, updated: 2, ready: 2, settled: true });

    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) =>
      Object.assign(o['spec'] as object, { replicas: 3 }),
    );
    expect(await pods()).toEqual({ desired: 3, updated: 2, ready: 2, settled: false });

    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => setImage(o, 'shop/checkout:2'));
    expect(await pods()).toEqual({
      desired: 3,
      updated: 0,
      ready: 0,
      settled: false,
      uncounted: true,
    });
    expect(target().metadata.generation).toBe(3);
  });
});

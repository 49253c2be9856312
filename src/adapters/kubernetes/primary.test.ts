import { describe, expect, it } from 'vitest';
import {
  cluster,
  imageOf,
  planned,
  primary,
  reconcile,
  revisionOf,
  setImage,
  useDeployments,
  withPrimary,
  workload,
} from '../../../test/builders/deployment-bench.ts';
import { aDeployment, anIntent, aStatus } from '../../../test/builders/workload-objects.ts';
import { FENCE, REVISION } from '../../api/annotations.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';
import { at } from './json.ts';

useDeployments();

describe('a primary that does not exist', () => {
  it('is made from the pinned revision, stamped, owned, with a selector of its own', async () => {
    cluster.put(aDeployment({ minReadySeconds: 7 }));
    const canary = await planned({ primary: 4 });
    const intent = withPrimary(canary, 3);

    const before = await workload.observe(canary, intent, cluster.reader());
    expect(before.primary?.object.conformity).toBe('missing');
    const after = await reconcile(canary, intent);

    expect(cluster.writes()).toEqual(['create Deployment checkout-primary']);
    expect(primary().metadata).toMatchObject({
      labels: { app: 'checkout-primary' },
      annotations: { [FENCE]: '4', [REVISION]: revisionOf(canary) },
      ownerReferences: [{ kind: 'Canary', name: 'checkout', uid: 'u-1', controller: true }],
    });
    expect(primary()['spec']).toMatchObject({
      replicas: 3,
      minReadySeconds: 7,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'checkout-primary' } },
      template: { metadata: { labels: { app: 'checkout-primary', tier: 'web' } } },
    });
    expect(after.primary).toMatchObject({
      object: { conformity: 'conforms', stamp: 4 },
      revision: revisionOf(canary),
    });
  });

  it('has a pod even where the floor is 0', async () => {
    cluster.put(aDeployment());
    const canary = await planned({ primary: 1 });
    await reconcile(
      canary,
      anIntent({ primary: { revision: revisionOf(canary), atLeast: 0, strength: 1 } }),
    );
    expect(at(primary(), 'spec', 'replicas')).toBe(1);
  });

  it('is left to whoever made it in the meantime', async () => {
    cluster.put(aDeployment());
    const canary = await planned({ primary: 1 });
    const intent = withPrimary(canary, 1);
    const seen = await workload.observe(canary, intent, cluster.reader());
    cluster.put(aDeployment({}, {}, 'checkout-primary'));
    const write = workload.applyPrimary(canary, canary.status ?? aStatus(), intent, seen);
    await expect(write).rejects.toSatisfy(isConflict);
  });
});

describe('an existing primary', () => {
  async function adopted() {
    cluster.put(aDeployment());
    const canary = await planned({ primary: 4 });
    const intent = withPrimary(canary, 2);
    await reconcile(canary, intent);
    cluster.forget();
    return { canary, intent };
  }

  it.each<[string, (object: KubeObject) => void, string]>([
    ['nothing happened', () => {}, 'conforms'],
    [
      'an autoscaler raised it',
      (o) => Object.assign(o['spec'] as object, { replicas: 9 }),
      'conforms',
    ],
    [
      'it fell below its floor',
      (o) => Object.assign(o['spec'] as object, { replicas: 1 }),
      'differs',
    ],
    ['its stamp is behind', (o) => (o.metadata.annotations![FENCE] = '3'), 'differs'],
    ['it lost its stamp', (o) => delete o.metadata.annotations![FENCE], 'unstamped'],
    ['its stamp is ahead', (o) => (o.metadata.annotations![FENCE] = '5'), 'ahead'],
    ['its image was changed', (o) => setImage(o, 'evil:1'), 'differs'],
    ['it lost its owner', (o) => (o.metadata.ownerReferences = []), 'differs'],
  ])('when %s', async (_, change, conformity) => {
    const { canary, intent } = await adopted();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout-primary', change);
    const seen = await workload.observe(canary, intent, cluster.reader());
    expect(seen.primary?.object.conformity).toBe(conformity);

    if (conformity !== 'ahead') await workload.applyPrimary(canary, canary.status!, intent, seen);
    expect(cluster.writes()).toEqual(
      ['conforms', 'ahead'].includes(conformity) ? [] : ['patch Deployment checkout-primary'],
    );
    const after = await workload.observe(canary, intent, cluster.reader());
    expect(after.primary?.object.conformity).toBe(conformity === 'ahead' ? 'ahead' : 'conforms');
  });

  it('is not written by a plan that is behind its stamp', async () => {
    const { canary, intent } = await adopted();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout-primary', (o) => {
      o.metadata.annotations![FENCE] = '5';
      setImage(o, 'newer:1');
    });
    const seen = await workload.observe(canary, intent, cluster.reader());
    const write = workload.applyPrimary(canary, canary.status!, intent, seen);
    await expect(write).rejects.toSatisfy(isConflict);
    expect(cluster.writes()).toEqual([]);
  });

  it('makes no request when it conforms, observing or applying', async () => {
    const { canary, intent } = await adopted();
    await reconcile(canary, intent);
    expect(cluster.requests).toEqual([]);
  });

  it('is not written when somebody else wrote since it was observed', async () => {
    const { canary, intent } = await adopted();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout-primary', (o) => setImage(o, 'evil:1'));
    const seen = await workload.observe(canary, intent, cluster.reader());
    cluster.edit(DEPLOYMENT, 'shop', 'checkout-primary', (o) => setImage(o, 'evil:2'));
    const write = workload.applyPrimary(canary, canary.status!, intent, seen);
    await expect(write).rejects.toSatisfy(isConflict);
  });

  it('keeps what Linnet does not own', async () => {
    const { canary, intent } = await adopted();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout-primary', (o) => {
      o.metadata.labels!['team'] = 'a';
      Object.assign(o['spec'] as object, { replicas: 1, fieldOfTomorrow: { x: 1 } });
    });
    await reconcile(canary, intent);
    expect(primary().metadata.labels).toMatchObject({ team: 'a' });
    expect(at(primary(), 'spec', 'fieldOfTomorrow')).toEqual({ x: 1 });
    expect(at(primary(), 'spec', 'replicas')).toBe(2);
  });

  it('gets the template that was pinned, whatever the target runs by now', async () => {
    const { canary } = await adopted();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => setImage(o, 'shop/checkout:2'));
    const next = await planned({ primary: 5 });
    cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => setImage(o, 'shop/checkout:3'));
    const intent = withPrimary(next, 2);
    const after = await reconcile(next, intent);
    expect(imageOf(primary())).toBe('shop/checkout:2');
    expect(after.primary?.revision).toBe(revisionOf(next));
    expect(revisionOf(next)).not.toBe(revisionOf(canary));
  });

  it('does not carry a revision when its template was changed by hand', async () => {
    const { canary, intent } = await adopted();
    cluster.edit(DEPLOYMENT, 'shop', 'checkout-primary', (o) => setImage(o, 'evil:1'));
    const seen = await workload.observe(canary, intent, cluster.reader());
    expect(seen.primary?.revision).toBeUndefined();
  });

  it('conforms with what a webhook adds to it, after one dry run', async () => {
    cluster.admission = (object) => {
      if (object.metadata.name !== 'checkout-primary') return object;
      Object.assign((object['spec'] as { template: { spec: object } }).template.spec, { added: 1 });
      return object;
    };
    cluster.put(aDeployment());
    const canary = await planned({ primary: 1 });
    const intent = withPrimary(canary, 1);
    const after = await reconcile(canary, intent);
    await reconcile(canary, intent);
    expect(after.primary).toMatchObject({
      revision: revisionOf(canary),
      object: { conformity: 'conforms' },
    });
    expect(cluster.requests.map(({ verb }) => verb)).toEqual(['create', 'dry-run']);
  });
});

import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  cluster,
  planned,
  primary,
  reconcile,
  revisionOf,
  useDeployments,
  withPrimary,
  workload,
} from '../../../test/builders/deployment-bench.ts';
import { aDeployment, anIntent, aStatus } from '../../../test/builders/workload-objects.ts';
import { at } from './json.ts';

useDeployments();

describe('a Deployment in the place of the primary', () => {
  function standIn(metadata: Record<string, unknown>, spec = {}) {
    const selector = { matchLabels: { app: 'checkout-primary' } };
    const template = aDeployment()['spec'] as { template: { metadata: { labels: object } } };
    template.template.metadata.labels = { app: 'checkout-primary', tier: 'web' };
    const object = aDeployment({ selector, template: template.template, ...spec });
    object.metadata = { ...object.metadata, name: 'checkout-primary', ...metadata };
    return cluster.put(object);
  }
  const flagger = {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    name: 'checkout',
    uid: 'old',
    controller: true,
  };

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['without an owner', {}, {}, 'was not made by Linnet'],
    [
      'of another Canary',
      { ownerReferences: [{ ...flagger, name: 'cart' }] },
      {},
      'belongs to Canary cart',
    ],
    [
      'of ours that selects otherwise',
      { ownerReferences: [flagger] },
      { selector: { matchLabels: { app: 'x' } } },
      'cannot be made to select app=checkout-primary',
    ],
  ])('%s is refused and not written', async (_, metadata, spec, sentence) => {
    cluster.put(aDeployment());
    standIn(metadata, spec);
    const canary = await planned({ primary: 1 });
    const seen = await reconcile(canary, withPrimary(canary, 1));
    expect(seen.primary?.object.conformity).toBe('foreign');
    expect(seen.primary?.revision).toBeUndefined();
    expect(seen.problems).toEqual([
      { reason: 'NameTaken', message: expect.stringContaining(sentence) as string },
    ]);
    expect(cluster.writes()).toEqual([]);
  });

  it('made by Flagger for the same version is taken as that version, and becomes ours', async () => {
    cluster.put(aDeployment());
    const made = standIn({ ownerReferences: [flagger] });
    const pod = (made['spec'] as { template: { metadata: Record<string, unknown> } }).template;
    pod.metadata['annotations'] = { 'flagger-id': 'f0a1' };
    cluster.put(made);
    const canary = await planned({ primary: 1 });
    const intent = withPrimary(canary, 1);
    const seen = await workload.observe(canary, intent, cluster.reader());
    expect(seen.primary).toMatchObject({
      revision: revisionOf(canary),
      object: { conformity: 'unstamped' },
    });
    const after = await reconcile(canary, intent);
    expect(after.primary?.object.conformity).toBe('conforms');
    expect(primary().metadata.ownerReferences).toEqual([
      expect.objectContaining({ apiVersion: 'linnet.dev/v1beta1', uid: 'u-1' }),
    ]);
  });

  it('of an earlier Canary whose revision is not pinned stays as it is', async () => {
    cluster.put(aDeployment({}, { hostname: 'changed' }));
    const before = standIn({ ownerReferences: [{ ...flagger, uid: 'old' }] });
    const first = await workload.observe(aCanary(), anIntent(), cluster.reader());
    const revision = first.primary?.revision ?? '';
    expect(revision).not.toBe(first.target?.revision);

    const canary = aCanary({ status: aStatus({ revision }, { primary: 1 }) });
    await workload.pin(canary, first, revision);
    const after = await reconcile(
      canary,
      anIntent({ primary: { revision, atLeast: 1, strength: 1 } }),
    );
    expect(after.primary).toMatchObject({ revision, object: { conformity: 'conforms' } });
    expect(at(primary(), 'spec', 'template')).toEqual(at(before, 'spec', 'template'));
  });
});

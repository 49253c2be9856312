import { beforeEach, describe, expect, it } from 'vitest';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  aDeployment,
  anIntent,
  aSettledStatus,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import { FENCE, REVISION } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import type { Fences } from '../../api/status.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import type { Intent } from '../../ports/intent.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';
import { at } from './json.ts';
import { DeploymentWorkload } from './workload.ts';

let cluster: FakeCluster;
let workload: DeploymentWorkload;

beforeEach(() => {
  cluster = new FakeCluster();
  workload = new DeploymentWorkload(cluster);
});

/** A Canary whose plan names the target's present revision, with its fences. */
async function planned(fences: Fences = {}, spec: Record<string, unknown> = {}): Promise<Canary> {
  const seen = await workload.observe(aCanary({ spec }), anIntent(), cluster.reader());
  const revision = seen.target?.revision ?? '';
  const canary = aCanary({
    spec,
    status: aStatus({ revision, lastPromotedSpec: revision }, fences),
  });
  await workload.pin(canary, seen, revision);
  cluster.forget();
  return canary;
}

function revisionOf(canary: Canary): string {
  return canary.status?.revision ?? '';
}

/** Observes and carries everything out, as a reconcile does. */
async function reconcile(canary: Canary, intent: Intent) {
  const seen = await workload.observe(canary, intent, cluster.reader());
  const status = canary.status ?? aStatus();
  await workload.applyPrimary(canary, status, intent, seen);
  await workload.applyTarget(canary, status, intent, seen);
  return workload.observe(canary, intent, cluster.reader());
}

function primary(): KubeObject {
  return cluster.must(DEPLOYMENT, 'shop', 'checkout-primary');
}

function target(): KubeObject {
  return cluster.must(DEPLOYMENT, 'shop', 'checkout');
}

describe('a primary that does not exist', () => {
  it('is made from the pinned revision, stamped, owned, with a selector of its own', async () => {
    cluster.put(aDeployment({ minReadySeconds: 7 }));
    const canary = await planned({ primary: 4 });
    const intent = anIntent({ primary: { revision: revisionOf(canary), atLeast: 3, strength: 3 } });

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
    const intent = anIntent({ primary: { revision: revisionOf(canary), atLeast: 1, strength: 1 } });
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
    const intent = anIntent({ primary: { revision: revisionOf(canary), atLeast: 2, strength: 2 } });
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
    const intent = anIntent({ primary: { revision: revisionOf(next), atLeast: 2, strength: 2 } });
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
    const intent = anIntent({ primary: { revision: revisionOf(canary), atLeast: 1, strength: 1 } });
    const after = await reconcile(canary, intent);
    await reconcile(canary, intent);
    expect(after.primary).toMatchObject({
      revision: revisionOf(canary),
      object: { conformity: 'conforms' },
    });
    expect(cluster.requests.map(({ verb }) => verb)).toEqual(['create', 'dry-run']);
  });
});

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
    const seen = await reconcile(
      canary,
      anIntent({ primary: { revision: revisionOf(canary), atLeast: 1, strength: 1 } }),
    );
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
    const intent = anIntent({ primary: { revision: revisionOf(canary), atLeast: 1, strength: 1 } });
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

function setImage(object: KubeObject, image: string): void {
  const { template } = object['spec'] as {
    template: { spec: { containers: { image: string }[] } };
  };
  template.spec.containers[0]!.image = image;
}

function imageOf(object: KubeObject): unknown {
  return at(object, 'spec', 'template', 'spec', 'containers', 0, 'image');
}

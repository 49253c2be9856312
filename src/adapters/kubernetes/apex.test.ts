import { describe, expect, it } from 'vitest';
import {
  ADOPTED,
  canaryWith,
  cluster,
  GIVEN_BACK,
  reconcile,
  service,
  specOf,
  useServices,
  VERSIONS,
} from '../../../test/builders/services-bench.ts';
import { aService } from '../../../test/builders/workload-objects.ts';
import { CANARY, FENCE } from '../../api/annotations.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { SERVICE } from '../../ports/kinds.ts';
import { ORIGINAL } from './custom-metadata.ts';
import { at } from './json.ts';

useServices();

describe("a user's apex Service", () => {
  const users = () =>
    aService(
      'checkout',
      { app: 'checkout', tier: 'web' },
      {
        type: 'LoadBalancer',
        sessionAffinity: 'ClientIP',
        fieldOfTomorrow: 1,
        ports: [
          { name: 'web', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 },
          { name: 'admin', protocol: 'TCP', port: 9090, targetPort: 9090 },
        ],
      },
    );

  it('is taken over by its selector alone, and given back as it was', async () => {
    const before = cluster.put(users());
    const after = await reconcile(ADOPTED);
    expect(after).toMatchObject({ object: { conformity: 'conforms' }, problems: [] });
    expect(specOf('checkout')).toEqual({
      ...(before['spec'] as object),
      selector: { app: 'checkout-primary' },
    });
    expect(service('checkout').metadata.ownerReferences).toBeUndefined();

    await reconcile(GIVEN_BACK, canaryWith({}, 5));
    expect(specOf('checkout')).toEqual(before['spec']);
    expect(service('checkout').metadata.annotations).toEqual({ [FENCE]: '5' });
    cluster.forget();
    await reconcile(GIVEN_BACK, canaryWith({}, 5));
    expect(cluster.requests).toEqual([]);
  });

  it('is turned again when Git applies its manifest again, and gets back what Git says then', async () => {
    cluster.put(users());
    await reconcile(ADOPTED);
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => {
      Object.assign(o['spec'] as object, {
        selector: { app: 'checkout', tier: 'web' },
        sessionAffinity: 'None',
      });
    });
    await reconcile(ADOPTED);
    expect(specOf('checkout')).toMatchObject({
      selector: { app: 'checkout-primary' },
      sessionAffinity: 'None',
    });
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => {
      Object.assign(o['spec'] as object, { selector: { app: 'checkout' } });
    });
    await reconcile(ADOPTED);
    await reconcile(GIVEN_BACK, canaryWith({}, 5));
    expect(at(specOf('checkout'), 'selector')).toEqual({ app: 'checkout' });
  });

  it('gets the port that it lacks, and loses it again', async () => {
    const before = cluster.put(users());
    await reconcile(ADOPTED, canaryWith({ port: 8000, portName: 'api' }));
    expect(at(specOf('checkout'), 'ports')).toEqual([
      ...(at(before, 'spec', 'ports') as object[]),
      { name: 'api', protocol: 'TCP', port: 8000, targetPort: 8080 },
    ]);
    await reconcile(GIVEN_BACK, canaryWith({ port: 8000, portName: 'api' }, 5));
    expect(at(specOf('checkout'), 'ports')).toEqual(at(before, 'spec', 'ports'));
  });

  it('that selected both versions alike selects the target when it is given back', async () => {
    cluster.put(aService('checkout', { tier: 'web' }));
    await reconcile(ADOPTED);
    await reconcile(GIVEN_BACK, canaryWith({}, 5));
    expect(specOf('checkout')).toMatchObject({ selector: { tier: 'web', app: 'checkout' } });
  });

  it('is given back to the target even if what it was got lost', async () => {
    cluster.put(users());
    await reconcile(ADOPTED);
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => delete o.metadata.annotations![ORIGINAL]);
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => delete o.metadata.annotations![CANARY]);
    await reconcile(GIVEN_BACK, canaryWith({}, 5));
    expect(specOf('checkout')).toMatchObject({ selector: { app: 'checkout' } });
  });

  it.each<[string, () => KubeObject, string]>([
    [
      'names another host',
      () => aService('checkout', {}, { type: 'ExternalName' }),
      'is of type ExternalName',
    ],
    [
      'selects other pods',
      () => aService('checkout', { app: 'cart' }),
      'not the pods of Deployment shop/checkout',
    ],
    ['selects no pods', () => aService('checkout', {}), 'not the pods of Deployment shop/checkout'],
    [
      'is held by another Canary',
      () => {
        const object = aService('checkout', { app: 'checkout' });
        object.metadata.annotations = { [CANARY]: 'cart', [ORIGINAL]: '{}' };
        return object;
      },
      'is held by Canary cart',
    ],
    [
      'was made by another Canary',
      () => {
        const object = aService('checkout', { app: 'checkout' });
        const owner = { apiVersion: 'linnet.dev/v1beta1', kind: 'Canary', name: 'cart', uid: 'x' };
        object.metadata.ownerReferences = [{ ...owner, controller: true }];
        return object;
      },
      'is held by Canary cart',
    ],
  ])('that %s is refused', async (_, given, sentence) => {
    const before = cluster.put(given());
    const seen = await reconcile(ADOPTED);
    expect(seen.object.conformity).toBe('foreign');
    expect(seen.problems).toEqual([
      { reason: 'ServiceTaken', message: expect.stringContaining(sentence) as string },
    ]);
    expect(service('checkout')).toEqual(before);
  });

  it('is looked at before it is needed', async () => {
    cluster.put(aService('checkout', { app: 'cart' }));
    const seen = await reconcile(VERSIONS);
    expect(seen.object.conformity).toBe('conforms');
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['ServiceTaken']);
  });

  it('made by Flagger becomes wholly ours', async () => {
    const made = aService('checkout', { app: 'checkout-primary' });
    const owner = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'checkout', uid: 'f' };
    made.metadata.ownerReferences = [{ ...owner, controller: true }];
    cluster.put(made);
    await reconcile(ADOPTED);
    expect(service('checkout').metadata.ownerReferences).toMatchObject([{ uid: 'u-1' }]);
    expect(service('checkout').metadata.annotations?.[ORIGINAL]).toBeUndefined();
  });
});

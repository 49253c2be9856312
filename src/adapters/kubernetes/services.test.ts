import { describe, expect, it } from 'vitest';
import {
  ADOPTED,
  canaryWith,
  cluster,
  GIVEN_BACK,
  reconcile,
  service,
  services,
  specOf,
  useServices,
  VERSIONS,
} from '../../../test/builders/services-bench.ts';
import { anIntent } from '../../../test/builders/workload-objects.ts';
import { CANARY, FENCE } from '../../api/annotations.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import { DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import { at } from './json.ts';

useServices();

describe('Services that do not exist', () => {
  it('are made, versions first, each owned and stamped', async () => {
    const before = await services.observe(
      canaryWith(),
      anIntent({ services: ADOPTED }),
      cluster.reader(),
    );
    expect(before.object).toMatchObject({ conformity: 'missing' });
    const after = await reconcile(ADOPTED);
    expect(after.object).toEqual({ conformity: 'conforms', stamp: 4 });
    expect(cluster.writes()).toEqual([
      'create Service checkout-primary',
      'create Service checkout-canary',
      'create Service checkout',
    ]);
    for (const name of ['checkout-primary', 'checkout-canary', 'checkout']) {
      expect(service(name).metadata).toMatchObject({
        labels: { app: name },
        annotations: { [FENCE]: '4' },
        ownerReferences: [{ uid: 'u-1' }],
      });
    }
    const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }];
    expect(specOf('checkout-primary')).toEqual({
      type: 'ClusterIP',
      selector: { app: 'checkout-primary' },
      ports,
    });
    expect(specOf('checkout-canary')).toMatchObject({ selector: { app: 'checkout' }, ports });
    expect(specOf('checkout')).toMatchObject({ selector: { app: 'checkout-primary' }, ports });
  });

  it('are none of our business until the intent says so', async () => {
    const seen = await reconcile({ versions: false, apex: 'untouched' });
    expect(seen.object.conformity).toBe('unneeded');
    await reconcile(VERSIONS);
    expect(cluster.find(SERVICE, 'shop', 'checkout')).toBeUndefined();
  });

  it('take name, port, protocol, headless and traffic distribution from the spec', async () => {
    const canary = canaryWith({
      name: 'shop-front',
      port: 9000,
      portName: 'grpc-api',
      targetPort: 'web',
      appProtocol: 'kubernetes.io/h2c',
      headless: true,
      trafficDistribution: 'PreferClose',
    });
    const seen = await reconcile(ADOPTED, canary);
    expect(seen.problems).toEqual([]);
    expect(specOf('shop-front-canary')).toEqual({
      type: 'ClusterIP',
      clusterIP: 'None',
      trafficDistribution: 'PreferClose',
      selector: { app: 'checkout' },
      ports: [
        {
          name: 'grpc-api',
          protocol: 'TCP',
          port: 9000,
          targetPort: 'web',
          appProtocol: 'kubernetes.io/h2c',
        },
      ],
    });
  });
});

describe('Services of ours', () => {
  it('make no request when they conform', async () => {
    await reconcile(ADOPTED);
    cluster.forget();
    await reconcile(ADOPTED);
    expect(cluster.requests).toEqual([]);
  });

  it.each<[string, (o: KubeObject) => void, string]>([
    [
      'a selector was turned',
      (o) => Object.assign(o['spec'] as object, { selector: {} }),
      'differs',
    ],
    ['a stamp is behind', (o) => (o.metadata.annotations![FENCE] = '3'), 'differs'],
    ['a stamp is gone', (o) => delete o.metadata.annotations![FENCE], 'unstamped'],
    ['somebody labelled it', (o) => (o.metadata.labels!['team'] = 'a'), 'conforms'],
    [
      'the cluster gave it node ports',
      (o) => {
        (at(o, 'spec', 'ports', 0) as Record<string, unknown>)['nodePort'] = 30001;
      },
      'conforms',
    ],
  ])('when %s', async (_, change, conformity) => {
    await reconcile(ADOPTED);
    cluster.edit(SERVICE, 'shop', 'checkout-canary', change);
    const seen = await services.observe(
      canaryWith(),
      anIntent({ services: ADOPTED }),
      cluster.reader(),
    );
    expect(seen.object.conformity).toBe(conformity);
    cluster.forget();
    expect((await reconcile(ADOPTED)).object.conformity).toBe('conforms');
    const isIdle = conformity === 'conforms';
    expect(cluster.writes()).toEqual(isIdle ? [] : ['patch Service checkout-canary']);
    expect(specOf('checkout-canary')).toMatchObject({ selector: { app: 'checkout' } });
  });

  it('are all left alone when one stamp is ahead', async () => {
    await reconcile(ADOPTED);
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => (o.metadata.annotations![FENCE] = '9'));
    cluster.remove(SERVICE, 'shop', 'checkout-primary');
    cluster.forget();
    await expect(reconcile(ADOPTED)).rejects.toSatisfy(isConflict);
    expect(cluster.writes()).toEqual([]);
  });

  it('follow edits of the spec, ports and metadata that left it included', async () => {
    const custom = {
      apex: { labels: { team: 'a', app: 'mine' }, annotations: { 'example.com/x': '1' } },
      unmanagedMetadata: { annotations: ['example.com/owned-elsewhere'] },
      primary: { annotations: { 'example.com/owned-elsewhere': 'no', [FENCE]: '77' } },
    };
    await reconcile(ADOPTED, canaryWith(custom));
    expect(service('checkout').metadata.labels).toEqual({ team: 'a', app: 'checkout' });
    expect(service('checkout').metadata.annotations).toMatchObject({ 'example.com/x': '1' });
    expect(service('checkout-primary').metadata.annotations).toEqual({
      [FENCE]: '4',
      [CANARY]: 'checkout',
    });

    const seen = await reconcile(ADOPTED, canaryWith({ port: 81 }, 5));
    expect(seen.object).toEqual({ conformity: 'conforms', stamp: 5 });
    expect(service('checkout').metadata.labels).toEqual({ app: 'checkout' });
    expect(service('checkout').metadata.annotations).toEqual({
      [FENCE]: '5',
      [CANARY]: 'checkout',
    });
    expect(specOf('checkout-primary')).toMatchObject({ ports: [{ port: 81 }] });
    expect(at(specOf('checkout-primary'), 'ports')).toHaveLength(1);
  });

  it('serve the target again when they are given back', async () => {
    await reconcile(ADOPTED);
    await reconcile(GIVEN_BACK, canaryWith({}, 5));
    expect(specOf('checkout')).toMatchObject({ selector: { app: 'checkout' } });
  });

  it('drops a write when somebody wrote since', async () => {
    await reconcile(ADOPTED);
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => delete o.metadata.annotations![FENCE]);
    const intent = anIntent({ services: ADOPTED });
    const canary = canaryWith();
    const seen = await services.observe(canary, intent, cluster.reader());
    cluster.edit(SERVICE, 'shop', 'checkout', (o) => (o.metadata.labels!['x'] = 'y'));
    await expect(services.apply(canary, canary.status!, intent, seen)).rejects.toSatisfy(
      isConflict,
    );
  });
});

describe('without a target', () => {
  it('nothing is written and nothing is complained of: the workload says it', async () => {
    cluster.remove(DEPLOYMENT, 'shop', 'checkout');
    const seen = await reconcile(ADOPTED);
    expect(seen).toMatchObject({ object: { conformity: 'unneeded' }, problems: [] });
    expect(cluster.writes()).toEqual([]);
  });
});

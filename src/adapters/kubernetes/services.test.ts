import { beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import {
  aDeployment,
  anIntent,
  aService,
  aSlice,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import { CANARY, FENCE } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { isConflict, type KubeObject } from '../../ports/cluster.ts';
import type { ServicesIntent } from '../../ports/intent.ts';
import { DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import { ORIGINAL } from './custom-metadata.ts';
import { at } from './json.ts';
import { KubernetesServices } from './services.ts';

let cluster: FakeCluster;
let services: KubernetesServices;

beforeEach(() => {
  cluster = new FakeCluster();
  services = new KubernetesServices(cluster);
  cluster.put(aDeployment());
});

const VERSIONS: ServicesIntent = { versions: true, apex: 'untouched' };
const ADOPTED: ServicesIntent = { versions: true, apex: 'primary' };
const GIVEN_BACK: ServicesIntent = { versions: true, apex: 'target' };

function canaryWith(service: Record<string, unknown> = {}, fence = 4): Canary {
  return aCanary({
    spec: { service: { port: 80, targetPort: 8080, ...service } },
    status: aStatus({}, { services: fence }),
  });
}

async function reconcile(intent: ServicesIntent, canary = canaryWith()) {
  const whole = anIntent({ services: intent });
  const seen = await services.observe(canary, whole, cluster.reader());
  await services.apply(canary, canary.status!, whole, seen);
  return services.observe(canary, whole, cluster.reader());
}

function service(name: string): KubeObject {
  return cluster.must(SERVICE, 'shop', name);
}

function specOf(name: string): unknown {
  return service(name)['spec'];
}

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

describe('problems of ports', () => {
  it.each<[string, Record<string, unknown>, KubeObject | undefined, string, string]>([
    [
      'a name that no container has',
      { targetPort: 'grpc' },
      undefined,
      'PortNotFound',
      "found 'grpc', allowed is a number or the name of a container port of Deployment shop/checkout: it has web",
    ],
    [
      'unset, while the Service sends elsewhere',
      { targetPort: undefined },
      aService('checkout', { app: 'checkout' }),
      'TargetPortUnclear',
      'set it to 8080',
    ],
    [
      'unset, while the Service sends elsewhere by name',
      { targetPort: undefined },
      aService('checkout', { app: 'checkout' }, { ports: [{ port: 80, targetPort: 'web' }] }),
      'TargetPortUnclear',
      'set it to web',
    ],
    [
      'a name that another port has',
      { port: 81, portName: 'http' },
      aService('checkout', { app: 'checkout' }),
      'PortNameTaken',
      'choose another name',
    ],
  ])('%s', async (_, spec, apex, reason, sentence) => {
    if (apex !== undefined) cluster.put(apex);
    const seen = await services.observe(canaryWith(spec), anIntent(), cluster.reader());
    expect(seen.problems).toEqual([
      { reason, message: expect.stringContaining(sentence) as string },
    ]);
  });

  it('say that a Service which has an address cannot lose it', async () => {
    await reconcile(ADOPTED);
    cluster.edit(SERVICE, 'shop', 'checkout-canary', (o) =>
      Object.assign(o['spec'] as object, { clusterIP: '10.0.0.9' }),
    );
    const seen = await reconcile(ADOPTED, canaryWith({ headless: true }));
    expect(seen.problems).toEqual([
      {
        reason: 'HeadlessChanged',
        message: expect.stringContaining(
          'Service shop/checkout-canary was made with false',
        ) as string,
      },
    ]);
  });

  it('there are none where the Service means the same', async () => {
    cluster.put(aService('checkout', { app: 'checkout' }, { ports: [{ port: 8080 }] }));
    const canary = canaryWith({ port: 8080, targetPort: undefined });
    expect((await services.observe(canary, anIntent(), cluster.reader())).problems).toEqual([]);
  });
});

describe('endpoints', () => {
  const cases: [string, Record<string, string[]>, string, number, number][] = [
    ['nobody yet', {}, 'nobody', 0, 0],
    ['only unready pods', { checkout: ['p1!'], 'checkout-primary': ['p1!'] }, 'nobody', 0, 0],
    ['the target', { checkout: ['t1', 't2'], 'checkout-canary': ['t1', 't2'] }, 'target', 0, 2],
    ['the primary', { checkout: ['p1'], 'checkout-primary': ['p1', 'p2!'] }, 'primary', 1, 0],
    [
      'both',
      { checkout: ['p1', 't1'], 'checkout-primary': ['p1'], 'checkout-canary': ['t1'] },
      'mixed',
      1,
      1,
    ],
    ['pods of neither', { checkout: ['p1', 'x'], 'checkout-primary': ['p1'] }, 'mixed', 1, 0],
  ];
  it.each(cases)('of %s', async (_, pods, apexServes, primaryEndpoints, canaryEndpoints) => {
    await reconcile(ADOPTED);
    for (const [name, behind] of Object.entries(pods)) cluster.put(aSlice(name, behind));
    const seen = await services.observe(canaryWith(), anIntent(), cluster.reader());
    expect(seen).toMatchObject({ apexServes, primaryEndpoints, canaryEndpoints });
  });

  it('count a pod of two address families once', async () => {
    await reconcile(ADOPTED);
    cluster.put(aSlice('checkout-primary', ['p1', 'p2'], 'v4'));
    cluster.put(aSlice('checkout-primary', ['p1', 'p2'], 'v6'));
    const seen = await services.observe(canaryWith(), anIntent(), cluster.reader());
    expect(seen.primaryEndpoints).toBe(2);
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

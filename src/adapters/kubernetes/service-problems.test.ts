import { describe, expect, it } from 'vitest';
import {
  ADOPTED,
  canaryWith,
  cluster,
  reconcile,
  services,
  useServices,
} from '../../../test/builders/services-bench.ts';
import { anIntent, aService } from '../../../test/builders/workload-objects.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { SERVICE } from '../../ports/kinds.ts';

useServices();

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

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import {
  aConfigMap,
  aDeployment,
  anIntent,
  aService,
  aSettledStatus,
  aStatus,
} from '../../../test/builders/workload-objects.ts';
import { FENCE } from '../../api/annotations.ts';
import { FENCED, type Fences } from '../../api/status.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { Intent } from '../../ports/intent.ts';
import { CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE } from '../../ports/kinds.ts';
import { KubernetesServices } from './services.ts';
import { DeploymentWorkload } from './workload.ts';

/** What others do to a cluster that Linnet manages. */
const MEDDLING: Record<string, (object: KubeObject) => void> = {
  unstamp: (o) => delete o.metadata.annotations?.[FENCE],
  strip: (o) => delete o.metadata.annotations,
  backdate: (o) => (o.metadata.annotations = { ...o.metadata.annotations, [FENCE]: '0' }),
  disown: (o) => delete o.metadata.labels,
  scale: (o) => Object.assign(o['spec'] as object, { replicas: 1 }),
  deselect: (o) =>
    o.kind === 'Service' && Object.assign(o['spec'] as object, { selector: { app: 'checkout' } }),
  extend: (o) => Object.assign(o['spec'] as object, { fieldOfTomorrow: true }),
};

const NAMES: [typeof DEPLOYMENT, string][] = [
  [DEPLOYMENT, 'checkout-primary'],
  [SERVICE, 'checkout'],
  [SERVICE, 'checkout-primary'],
  [SERVICE, 'checkout-canary'],
];

const steps = fc.record({
  atLeast: fc.integer({ min: 0, max: 5 }),
  target: fc.constantFrom<Intent['target']>(
    { replicas: 'untouched' },
    { replicas: 0, mode: 'exactly' },
    { replicas: 3, mode: 'at-least' },
  ),
  apex: fc.constantFrom<Intent['services']['apex']>('untouched', 'primary', 'target'),
  primary: fc.boolean(),
  meddling: fc.array(
    fc.record({
      where: fc.nat(NAMES.length - 1),
      what: fc.constantFrom(...Object.keys(MEDDLING)),
    }),
    { maxLength: 3 },
  ),
});

function aWorld(hasApex: boolean) {
  const cluster = new FakeCluster();
  cluster.put({
    ...aDeployment({}, { volumes: [{ configMap: { name: 'settings' } }] }),
    status: aSettledStatus(2),
  });
  cluster.put(aConfigMap('settings', { a: '1' }));
  if (hasApex) cluster.put(aService('checkout', { app: 'checkout' }));
  return {
    cluster,
    workload: new DeploymentWorkload(cluster),
    services: new KubernetesServices(cluster),
    reader: cluster.reader([CONFIG_MAP, SECRET]),
  };
}

type World = ReturnType<typeof aWorld>;

function fencesAt(fence: number): Fences {
  return Object.fromEntries(FENCED.map((name) => [name, fence]));
}

async function pass(
  { workload, services, reader }: World,
  revision: string,
  fence: number,
  intent: Intent,
) {
  const spec = { service: { port: 80, targetPort: 8080 } };
  const status = aStatus({ revision, lastPromotedSpec: revision }, fencesAt(fence));
  const canary = aCanary({ spec, status });
  const seen = await workload.observe(canary, intent, reader);
  const seenServices = await services.observe(canary, intent, reader);
  await workload.pin(canary, seen, revision);
  await services.apply(canary, status, intent, seenServices);
  await workload.applyPrimary(canary, status, intent, seen);
  await workload.applyTarget(canary, status, intent, seen);
  const after = await workload.observe(canary, intent, reader);
  const afterServices = await services.observe(canary, intent, reader);
  return [after.primary?.object, after.target?.object, afterServices.object];
}

describe('the laws of fenced writes', () => {
  it('what was applied conforms, and is not written again, whatever happened before', async () => {
    const worlds = fc.record({
      hasApex: fc.boolean(),
      story: fc.array(steps, { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(worlds, async ({ hasApex, story }) => {
        const world = aWorld(hasApex);
        const { target } = await world.workload.observe(aCanary(), anIntent(), world.reader);
        const revision = target?.revision ?? '';
        for (const [index, step] of story.entries()) {
          const intent = anIntent({
            primary: step.primary
              ? { revision, atLeast: step.atLeast, strength: Math.max(1, step.atLeast) }
              : 'untouched',
            target: step.target,
            services: { versions: true, apex: step.apex },
          });
          for (const { where, what } of step.meddling) {
            const [kind, name] = NAMES[where]!;
            const exists = world.cluster.find(kind, 'shop', name) !== undefined;
            if (exists) world.cluster.edit(kind, 'shop', name, MEDDLING[what]!);
          }
          const seen = await pass(world, revision, index + 1, intent);
          for (const object of seen) {
            expect(['conforms', 'unneeded', undefined]).toContain(object?.conformity);
          }
          world.cluster.forget();
          await pass(world, revision, index + 1, intent);
          const changing = world.cluster.writes().filter((write) => write.startsWith('patch'));
          expect(changing).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

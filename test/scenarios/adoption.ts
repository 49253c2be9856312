import { describe, expect, test } from 'vitest';
import { GROUP } from '../../src/api/group.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import {
  CANARY_KIND,
  CONFIG_MAP,
  CONTROLLER_REVISION,
  DEPLOYMENT,
  DESTINATION_RULE,
  HORIZONTAL_POD_AUTOSCALER,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../../src/ports/kinds.ts';
import { BLUE_GREEN, canary, deployment, service } from '../manifests/app.ts';
import { recordServed, untilServed } from './endpoints.ts';
import { horizontalAutoscaler } from './flagger-manifests.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import type { Deployment, Play } from './play.ts';

/** A workload comes under a Canary's care, and leaves it. */
export function describeAdoption(fleet: Fleet): void {
  describe.concurrent('adoption', SCENARIO, () => {
    test('takes a live Service over without a moment in which nobody serves', async (context) => {
      const play = await fleet.play('adopt', context);
      await play.apply(deployment('web', { image: 'shop:1' }), service('web'));
      await untilServed(play, 'web', 2);
      const served = await recordServed(play, 'web');
      await play.apply(canary('web'));
      await play.untilPhase('web', 'Initialized');

      expect(Math.min(...(await served.stop()))).toBeGreaterThan(0);
      expect(await play.get(SERVICE, 'web')).toMatchObject({
        spec: { selector: { app: 'web-primary' }, ports: [{ port: 80, targetPort: 'http' }] },
      });
      expect(await play.get(DEPLOYMENT, 'web')).toMatchObject({ spec: { replicas: 0 } });
      expect(await play.get(DEPLOYMENT, 'web-primary')).toMatchObject({
        spec: { replicas: 2, template: { spec: { containers: [{ image: 'shop:1' }] } } },
        metadata: { ownerReferences: [{ kind: 'Canary', name: 'web', controller: true }] },
      });
    });

    test('gives the primary an autoscaler like the target’s', async (context) => {
      const play = await fleet.play('hpa', context);
      const autoscaler = horizontalAutoscaler('web');
      await play.apply(deployment('web', { image: 'shop:1' }, 3), autoscaler);
      const autoscalerRef = { apiVersion: 'autoscaling/v2', kind: autoscaler.kind, name: 'web' };
      await play.apply(canary('web', {}, { autoscalerRef }));
      await play.untilPhase('web', 'Initialized');

      // Until the adoption is over it may not shrink below what served before.
      const primary = await play.untilObject<Autoscaler>(
        HORIZONTAL_POD_AUTOSCALER,
        'web-primary',
        ({ spec }) => spec.minReplicas === 2,
      );
      expect(primary).toMatchObject({
        spec: {
          maxReplicas: 5,
          scaleTargetRef: { kind: 'Deployment', name: 'web-primary' },
          metrics: autoscaler.spec.metrics,
        },
      });
      expect(await play.get(DEPLOYMENT, 'web-primary')).toMatchObject({ spec: { replicas: 3 } });
    });

    test('is for one Canary a target: the second says whose it is, the first goes on', async (context) => {
      const play = await fleet.play('rivals', context);
      await play.adopt('web', BLUE_GREEN);
      const rival = canary('rival', BLUE_GREEN);
      rival.spec.targetRef.name = 'web';
      await play.apply(rival);
      const { status } = await play.until('rival', isStalled);
      expect(stalled(status)).toMatchObject({
        reason: 'TargetClaimed',
        message: expect.stringMatching(/Canary rivals-\w+\/web already releases/) as string,
      });

      await play.release('web', { image: 'shop:2' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      await play.stage.api.delete(play.path(CANARY_KIND, 'web'));
      await play.untilPhase('rival', 'Initialized');
    });

    test('ends with everything as it was before', async (context) => {
      const play = await fleet.play('idle', context);
      await play.apply(deployment('web', { image: 'shop:1' }), service('web'));
      await untilServed(play, 'web', 2);
      const before = await play.get<Deployment>(DEPLOYMENT, 'web');
      const served = await recordServed(play, 'web');
      await play.apply(canary('web'));
      await play.untilPhase('web', 'Initialized');
      await play.stage.api.delete(play.path(CANARY_KIND, 'web'));

      await expectNothingLeft(play, 'web');
      expect(Math.min(...(await served.stop()))).toBeGreaterThan(0);
      expect((await play.get<Deployment>(DEPLOYMENT, 'web')).spec).toEqual(before.spec);
    });
  });
}

/** The target serves alone again, and no object tells that there ever was a Canary. */
export async function expectNothingLeft(play: Play, name: string): Promise<void> {
  await play.untilGone(CANARY_KIND, name);
  const made = [DEPLOYMENT, SERVICE, VIRTUAL_SERVICE, DESTINATION_RULE, CONTROLLER_REVISION];
  const isOfLinnet = ({ metadata }: KubeObject) =>
    metadata.name !== name &&
    (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Canary');
  for (const kind of [...made, CONFIG_MAP]) {
    await play.untilObjects(kind, (objects) => !objects.some(isOfLinnet));
  }
  await play.untilObjects(VIRTUAL_SERVICE, (objects) => objects.length === 0);
  const { spec, metadata } = await play.get<Deployment>(DEPLOYMENT, name);
  expect(spec.replicas).toBe(2);
  expect(ours(metadata.annotations)).toEqual([]);
  const apex = await play.get<KubeObject & { spec: object }>(SERVICE, name);
  expect(ours(apex.metadata.annotations)).toEqual([]);
  expect(apex.spec).toMatchObject({ selector: { app: name } });
}

function ours(annotations: Record<string, string> = {}): string[] {
  return Object.keys(annotations).filter((annotation) => annotation.includes(GROUP));
}

interface Status {
  readonly conditions: readonly { type: string; status: string }[];
}

export function isStalled(status: Status): boolean {
  return stalled(status)?.status === 'True';
}

export function stalled(status: Status | undefined) {
  return status?.conditions.find(({ type }) => type === 'Stalled');
}

type Autoscaler = KubeObject & { spec: { minReplicas: number } };

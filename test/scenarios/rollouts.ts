import { describe, expect, test } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { CONFIG_MAP, DEPLOYMENT } from '../../src/ports/kinds.ts';
import { BLUE_GREEN, canary, deployment } from '../manifests/app.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import type { Deployment, Play } from './play.ts';

/** A new version is promoted or taken back. */
export function describeRollouts(fleet: Fleet): void {
  describe.concurrent('a rollout', SCENARIO, () => {
    test('is promoted step by step', async (context) => {
      const play = await fleet.play('promote', context);
      await play.adopt('web');
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({
        phase: 'Succeeded',
        canaryWeight: 0,
        failedChecks: 0,
        history: [{ outcome: 'promoted', weight: 50 }],
      });
      expect(await weights.stop()).toEqual([20, 50, 0]);
      expect(await imageOf(play, 'web-primary')).toBe('shop:2');
      expect(await play.get(DEPLOYMENT, 'web')).toMatchObject({ spec: { replicas: 0 } });
    });

    test('goes back to the primary in steps, where that is asked for', async (context) => {
      const play = await fleet.play('way-back', context);
      await play.adopt('web', { stepWeights: [60], interval: '1s', stepWeightPromotion: 25 });
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await weights.stop()).toEqual([60, 35, 10, 0]);
    });

    test('is promoted blue-green', async (context) => {
      const play = await fleet.play('blue-green', context);
      await play.adopt('web', BLUE_GREEN);
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded', iterations: 2 });
      expect(await weights.stop()).toEqual([100, 0]);
      expect(await imageOf(play, 'web-primary')).toBe('shop:2');
    });

    test('is promoted at once where analysis is skipped', async (context) => {
      const play = await fleet.play('skip', context);
      await play.adopt('web', {}, { skipAnalysis: true });
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2', errors: '100%' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect((await weights.stop()).filter((weight) => weight > 0)).toEqual([]);
      expect(await imageOf(play, 'web-primary')).toBe('shop:2');
    });

    test('that fails its checks is taken back, also without a guard', async (context) => {
      const play = await fleet.play('fail', context);
      await play.adopt('web', { guard: { enabled: false } });
      await play.release('web', { image: 'shop:2', errors: '90%' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({
        phase: 'Failed',
        canaryWeight: 0,
        failedChecks: 2,
        history: [{ outcome: 'failed', weight: 20 }],
      });
      expect(status.verdict).toMatch(/^ROLLBACK: .*request-success-rate/);
      expect(await imageOf(play, 'web-primary')).toBe('shop:1');
      expect(await play.get(DEPLOYMENT, 'web')).toMatchObject({ spec: { replicas: 0 } });
    });

    test('is judged by a metric of one’s own', async (context) => {
      const play = await fleet.play('own-metric', context);
      const metric = { name: 'not found', templateRef: { name: 'not-found' }, interval: '5s' };
      await play.apply(notFoundTemplate(fleet.stage.prometheusUrl));
      await play.adopt('web', { metrics: [{ ...metric, thresholdRange: { max: 5 } }] });
      await play.release('web', { image: 'shop:2' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      await play.release('web', { image: 'shop:3', errors: '60% 404' });
      const status = await play.untilEnded('web', 2);
      expect(status).toMatchObject({ phase: 'Failed' });
      expect(status.verdict).toMatch(/^ROLLBACK: .*not found/);
      expect(await imageOf(play, 'web-primary')).toBe('shop:2');
    });

    test('whose pods never become ready ends at its deadline, without traffic', async (context) => {
      const play = await fleet.play('never-ready', context);
      await play.adopt('web');
      await play.edit('web', { progressDeadlineSeconds: 4 });
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2', neverReady: true });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({
        phase: 'Failed',
        history: [{ outcome: 'failed', weight: 0 }],
      });
      expect(status.verdict).toMatch(/0 of 1 canary pods were ready after 4 s/);
      expect((await weights.stop()).filter((weight) => weight > 0)).toEqual([]);
    });

    test('starts over when a newer version comes', async (context) => {
      const play = await fleet.play('supersede', context);
      await play.adopt('web');
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2' });
      await play.until('web', ({ stage, step }) => stage === 'analyse' && step?.weight === 20);
      await play.release('web', { image: 'shop:3' });
      const { history } = await play.untilEnded('web', 2);
      expect(history).toMatchObject([{ outcome: 'superseded' }, { outcome: 'promoted' }]);
      expect((await weights.stop()).join(' ')).toMatch(/^20( 50)? 0 20 50 0$/);
      expect(await imageOf(play, 'web-primary')).toBe('shop:3');
    });

    test('starts when a ConfigMap changes that the workload uses', async (context) => {
      const play = await fleet.play('config', context);
      const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } };
      await play.apply({ ...configMap, data: { colour: 'blue' } });
      const workload = deployment('web', { image: 'shop:1' });
      const envFrom = [{ configMapRef: { name: 'settings' } }];
      Object.assign(workload.spec.template.spec.containers[0]!, { envFrom });
      await play.apply(workload, canary('web', BLUE_GREEN));
      await play.untilPhase('web', 'Initialized');
      expect(await coloursOf(play)).toEqual(['blue']);
      await play.setConfig('settings', { colour: 'green' });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await coloursOf(play)).toEqual(['green']);
    });
  });
}

async function imageOf(play: Play, name: string): Promise<string | undefined> {
  const { spec } = await play.get<Deployment>(DEPLOYMENT, name);
  return spec.template.spec.containers[0]?.image;
}

/** What the primary's pods find in the ConfigMaps of their environment. */
async function coloursOf(play: Play): Promise<(string | undefined)[]> {
  interface Uses {
    envFrom?: { configMapRef: { name: string } }[];
  }
  const { spec } = await play.get<Deployment>(DEPLOYMENT, 'web-primary');
  const names = (spec.template.spec.containers as Uses[]).flatMap(({ envFrom = [] }) =>
    envFrom.map(({ configMapRef }) => configMapRef.name),
  );
  const configMaps = names.map((name) =>
    play.get<KubeObject & { data: Record<string, string> }>(CONFIG_MAP, name),
  );
  return (await Promise.all(configMaps)).map(({ data }) => data['colour']);
}

function notFoundTemplate(address: string) {
  const requests = (more: string) =>
    `sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="{{ namespace }}",destination_workload="{{ target }}"${more}}[{{ interval }}]))`;
  return {
    apiVersion: API_VERSION,
    kind: 'MetricTemplate',
    metadata: { name: 'not-found' },
    spec: {
      provider: { type: 'prometheus', address },
      query: `100 * (${requests(',response_code="404"')} or vector(0)) / ${requests('')}`,
    },
  };
}

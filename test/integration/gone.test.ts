import { expect, test, vi } from 'vitest';
import { CANARY_KIND } from '../../src/ports/kinds.ts';
import { prepareFleet } from '../scenarios/fleet.ts';
import { BLUE_GREEN, canary, deployment } from '../manifests/app.ts';
import type { Play } from '../scenarios/play.ts';
import { sandboxStage } from './stage.ts';

const MANY = 20;

const fleet = prepareFleet(sandboxStage);

test(
  'nothing is remembered of canaries that came and went',
  { timeout: 240_000 },
  async (context) => {
    const play = await fleet.play('gone', context);
    const names = Array.from({ length: MANY }, (_, i) => `web-${i}`);
    await Promise.all(names.map((name) => comeAndStay(play, name)));
    expect(await metricsOf(play)).toMatch(`linnet_remembered_canaries ${MANY}\n`);

    await play.release('web-0', { image: 'shop:2' });
    await play.untilEnded('web-0', 1);
    expect(await metricsOf(play)).toMatch(labelsOf(play));

    await Promise.all(names.map((name) => play.stage.api.delete(play.path(CANARY_KIND, name))));
    await Promise.all(names.map((name) => play.untilGone(CANARY_KIND, name)));
    await vi.waitFor(async () => {
      const metrics = await metricsOf(play);
      expect(metrics).toMatch('linnet_remembered_canaries 0\n');
      expect(metrics).not.toMatch(labelsOf(play));
    }, 20_000);
  },
);

async function comeAndStay(play: Play, name: string): Promise<void> {
  await play.apply(deployment(name, { image: 'shop:1' }, 1), canary(name, BLUE_GREEN));
  await play.untilPhase(name, 'Initialized');
}

async function metricsOf({ linnet }: Play): Promise<string> {
  return (await fetch(`${linnet.url}/metrics`)).text();
}

/** Of any canary of the namespace. */
function labelsOf({ namespace }: Play): string {
  return `namespace="${namespace}"`;
}

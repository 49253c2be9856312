import { describe, expect, test } from 'vitest';
import { DEPLOYMENT } from '../../src/ports/kinds.ts';
import { prepareFleet, SCENARIO } from '../scenarios/fleet.ts';
import { rolloutIn, type MeshRollout } from './rollout.ts';
import { meshStage } from './stage.ts';
import { failures, strays, summary, unfairShares, unserved } from './traffic/laws.ts';
import type { Story } from './traffic/record.ts';

const fleet = prepareFleet(meshStage);

/** What holds of every rollout whose pods live: traffic goes where the plan says, and is served. */
function expectLawful(story: Story): void {
  expect(story.answers.length).toBeGreaterThan(100);
  expect(summary(unserved(story))).toEqual([]);
  expect(strays(story)).toEqual([]);
  expect(unfairShares(story)).toEqual([]);
}

describe.concurrent('on a real mesh a rollout', SCENARIO, () => {
  test('of a healthy version is promoted, and no request fails', async (context) => {
    const rollout = await rolloutIn(fleet, 'healthy', context);
    await rollout.adopt({ image: 'shop:1' });
    const weights = await rollout.play.recordWeights('web');
    await rollout.play.release('web', { image: 'shop:2' });
    const status = await rollout.play.untilEnded('web', 1);
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
    expect(await weights.stop()).toEqual([10, 20, 30, 40, 50, 0]);
    expect(summary(failures(story))).toEqual([]);
    expectLawful(story);
    expect(story.answers.at(-1)).toMatchObject({ version: 'shop:2' });
    expect(await rollout.play.get(DEPLOYMENT, 'web')).toMatchObject({ spec: { replicas: 0 } });
  });

  test.for(['5%', '20%', '100%'])('that fails for %s is taken back', async (errors, context) => {
    const rollout = await rolloutIn(fleet, 'errors', context);
    await rollout.adopt({ image: 'shop:1' });
    await rollout.play.release('web', { image: 'shop:2', errors });
    const status = await rollout.play.untilEnded('web', 1);
    const story = await rollout.end();
    expect(status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
    expect(status.verdict).toMatch(/^ROLLBACK: .*request-success-rate/);
    expectLawful(story);
    expectOnlyCandidateFailed(story, 'shop:2');
  });
});

function expectOnlyCandidateFailed(story: Story, candidate: string): void {
  const others = failures(story).filter(({ version }) => version !== candidate);
  expect(summary(others)).toEqual([]);
  expect(failures(story).length).toBeGreaterThan(0);
}

export type { MeshRollout };

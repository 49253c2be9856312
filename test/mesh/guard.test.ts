import { describe, expect, inject, test, type TestContext } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { Version } from '../manifests/app.ts';
import { prepareFleet, SCENARIO } from '../scenarios/fleet.ts';
import { untilPaceIsKnown } from '../scenarios/pace.ts';
import { expectLawful, expectNoneFailed, expectOnlyFailed } from './expectations.ts';
import { type MeshRollout, rolloutIn } from './rollout.ts';
import { meshStage } from './stage.ts';
import { failures } from './traffic/laws.ts';
import type { Story } from './traffic/record.ts';

const { usualPrometheusUrl } = inject('mesh');
const fleet = prepareFleet(meshStage, { flags: { prometheus: usualPrometheusUrl } });

/** Longer than any of the scenarios: nothing but the guard ends the first step. */
const LONG_STEP = { interval: '10m', stepWeights: [10, 50], stepWeight: undefined };

// Three at a time: a dozen rollouts that begin together on a small machine are late by themselves.
describe('scraped every five seconds, at fifty requests a second', SCENARIO, () => {
  // Five a second meet the canary. What fails at once is convicted by its second block: ten seconds, and
  // some until every proxy obeys; chance on top, and five seconds where a busy machine misses a block.
  test.concurrent.for([
    { errors: '100%', most: 110 },
    { errors: '20%', most: 30 },
    { errors: '5%', most: 40 },
  ])(
    'a version that fails for $errors of a tenth fails at most $most requests',
    async (one, context) => {
      const rollout = await rolloutIn(fleet, 'guilty', context);
      await adopted(rollout, { image: 'shop:1' }, LONG_STEP);
      await rollout.play.release('web', { image: 'shop:2', errors: one.errors });
      const status = await rollout.untilEnded();
      const story = await rollout.end();
      tell(context, one.errors, story, status);

      expect(status).toMatchObject({
        phase: 'Failed',
        failedChecks: 0,
        history: [{ outcome: 'failed', weight: 10 }],
      });
      expect(status.verdict).toMatch(/^ROLLBACK: 5xx .* evidence /);
      expectLawful(story);
      expectOnlyFailed(story, 'shop:2');
      expect(failures(story).length).toBeLessThanOrEqual(one.most);
    },
  );
});

describe('the innocent', SCENARIO, () => {
  test.concurrent('a primary that fails as well blames nobody', async (context) => {
    const rollout = await rolloutIn(fleet, 'shared', context);
    await adopted(rollout, { image: 'shop:1', errors: '20%' }, { interval: '20s' });
    await rollout.play.release('web', { image: 'shop:2', errors: '20%' });
    const { status } = await rollout.play.until(
      'web',
      ({ hold }) => hold?.reason.includes('primary is out of SLO itself') ?? false,
    );
    await rollout.end();

    expect(status).toMatchObject({ phase: 'Progressing', failedChecks: 0, canaryWeight: 10 });
  });

  test.concurrent.for(Array.from({ length: 10 }, (_, i) => i + 1))(
    'the healthy version of ten no. %i is promoted, at five requests a second',
    async (_, context) => {
      const people = { requestsPerSecond: 2.5 };
      const rollout = await rolloutIn(fleet, 'innocent', context, people);
      await rollout.adopt({ image: 'shop:1' }, { interval: '10s' });
      await rollout.play.release('web', { image: 'shop:2' });
      const status = await rollout.untilEnded();
      const story = await rollout.end();

      expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
      expectLawful(story);
      expectNoneFailed(story);
    },
  );
});

/** How often it is scraped is known by then. */
async function adopted(rollout: MeshRollout, version: Version, analysis: object): Promise<void> {
  await rollout.adopt(version, analysis);
  await untilPaceIsKnown(rollout.play, 'web', usualPrometheusUrl);
}

/** How long it took is the machine's as well as ours: it is told, and not judged. */
function tell(context: TestContext, errors: string, story: Story, { verdict }: CanaryStatus): void {
  const weighted = story.plans.filter(({ weight }) => weight > 0);
  const [first, last] = [weighted[0], weighted.at(-1)];
  const after = story.plans.find(({ at, weight }) => weight === 0 && at > (last?.at ?? 0));
  const seconds = ((after?.at ?? NaN) - (first?.at ?? NaN)) / 1000;
  console.log(
    `${context.task.name}: ${failures(story).length} failed at ${errors}; taken back ${seconds.toFixed(1)} s after its first weight: ${verdict}`,
  );
}

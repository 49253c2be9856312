import { describe, expect, it } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import { SAMPLE, explore, releasing } from './scenarios.ts';
import { CANARY } from './slots.ts';
import { storyOf } from './story.ts';

/** The rest is `npm run model`. */
const MOST = { states: 10_000 };
/** Above what one replica alone can reach: a world without end fails at it. */
const ALL = { states: 20_000 };

describe('two replicas on a small cluster break no law of the design, although', () => {
  it.each(SAMPLE)('$name', async (scenario) => {
    const { world, found } = await explore(scenario, MOST);
    const story = found.violation && (await storyOf(world, found.violation));
    expect(story).toBeUndefined();
    expect(found.isComplete || found.states >= MOST.states).toBe(true);
  });
});

it('the small world sees a rollout through, and every way it can end', async () => {
  const { world, found } = await explore({ allowance: { bad: 2 } }, ALL, { isLone: true });
  expect(found.isComplete).toBe(true);
  const ends = new Set(statuses(world).map(({ phase, ending }) => `${phase} ${ending?.outcome}`));
  expect([...ends]).toEqual(
    expect.arrayContaining(['Succeeded promoted', 'Failed failed', 'Failed primary-stuck']),
  );
  const stages = new Set(statuses(world).map(({ phase, stage }) => `${phase}/${stage}`));
  expect([...stages]).toEqual(expect.arrayContaining(STAGES));
});

const STAGES = [
  ...['scale-up', 'shift', 'analyse'].map((stage) => `Progressing/${stage}`),
  'Promoting/copy',
  ...['reset', 'drain', 'scale-down'].map((stage) => `Finalising/${stage}`),
];

function statuses({ contents }: Awaited<ReturnType<typeof releasing>>['world']): CanaryStatus[] {
  const all = Array.from({ length: contents.size }, (_, id) => contents.facts(id).status);
  return all.filter((status) => status !== undefined);
}

it('begins where the workload has been adopted and a version was released', async () => {
  const { world, first } = await releasing({});
  expect(world.contents.facts(first[CANARY]!).status?.phase).toBe('Initialized');
});

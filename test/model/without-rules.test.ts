import { describe, expect, it } from 'vitest';
import type { Weakness } from './rules.ts';
import { explore, type Until } from './scenarios.ts';
import type { Allowance } from './small-world.ts';
import { storyOf } from './story.ts';

/** Where a rollout stands when a rule is taken away, and what then goes wrong. */
interface Removal {
  readonly weakness: Weakness;
  readonly allowance: Allowance;
  readonly until: Until;
  /** One replica suffices. */
  readonly isLone?: boolean;
  readonly law: RegExp;
  /** What the story must tell. */
  readonly tells: RegExp;
}

const waitsForPods: Until = ({ stage }) => stage === 'scale-up';
const isAnalysed: Until = ({ stage, canaryWeight }) => stage === 'analyse' && canaryWeight === 20;

const REMOVALS: readonly Removal[] = [
  {
    weakness: 'no stamps',
    allowance: { late: 1, crash: 1 },
    until: waitsForPods,
    isLone: true,
    law: /law 7/,
    tells: /the late request arrives: it writes VirtualService front \(now \d+ % to the canary/,
  },
  {
    weakness: 'no live re-read',
    allowance: { missed: 1, crash: 1 },
    until: waitsForPods,
    law: /law [67]/,
    tells: /does not hear of it/,
  },
  {
    weakness: 'no 10 s limit',
    allowance: { pause: 1, crash: 1 },
    until: waitsForPods,
    isLone: true,
    law: /law 7/,
    tells: /6 s pass/,
  },
  {
    weakness: 'no read-back',
    allowance: {},
    until: isAnalysed,
    law: /./,
    tells: /dies/,
  },
  {
    weakness: 'no version on store',
    allowance: { pause: 1 },
    until: waitsForPods,
    law: /law [34]/,
    tells: /pauses/,
  },
  {
    weakness: 'no version on writes',
    allowance: { pause: 1, bad: 2 },
    until: isAnalysed,
    law: /law 4/,
    tells: /pauses/,
  },
  {
    weakness: 'no live Canary before a repair',
    allowance: { missed: 1, reset: 1, bad: 1 },
    until: isAnalysed,
    law: /law 4/,
    tells: /Git puts VirtualService front back/,
  },
];

describe('without a rule of DESIGN section 5, a law is broken:', () => {
  it.each(REMOVALS)('$weakness', async ({ weakness, allowance, law, tells, ...options }) => {
    const { world, found } = await explore({ allowance }, MOST, { weakness, ...options });
    const story = found.violation && (await storyOf(world, found.violation));
    expect(story).toMatch(law);
    expect(story).toMatch(tells);
    const whole = await explore({ allowance }, { states: found.states }, options);
    expect(whole.found.violation).toBeUndefined();
  });
});

const MOST = { states: 200_000 };

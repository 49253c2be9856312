import { expect } from 'vitest';
import { failures, strays, summary, unfairShares, unserved } from './traffic/laws.ts';
import type { Story } from './traffic/record.ts';

/** What holds of every rollout whose pods live: traffic goes where the plan says, and is served. */
export function expectLawful(story: Story): void {
  expect(story.answers.length).toBeGreaterThan(100);
  expect(summary(unserved(story))).toEqual([]);
  expect(strays(story)).toEqual([]);
  expect(unfairShares(story)).toEqual([]);
}

export function expectNoneFailed(story: Story): void {
  expect(summary(failures(story))).toEqual([]);
}

/** Some requests failed, each of them answered by this version. */
export function expectOnlyFailed(story: Story, candidate: string): void {
  const others = failures(story).filter(({ version }) => version !== candidate);
  expect(summary(others)).toEqual([]);
  expect(failures(story).length).toBeGreaterThan(0);
}

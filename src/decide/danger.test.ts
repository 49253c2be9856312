import { describe, expect, it } from 'vitest';
import { obedient } from '../../test/builders/observation.ts';
import { adopted, NEW, OLD } from '../../test/builders/story.ts';
import type { CanaryStatus } from '../api/status.ts';
import { isRiskyRepair } from './danger.ts';
import type { Observation } from './observation.ts';

const differs = { conformity: 'differs', stamp: 0 } as const;

function at(until: (status: CanaryStatus) => boolean) {
  const story = adopted();
  story.play(NEW, ({ status }) => until(status));
  const { canary, status } = story;
  const seen = obedient(canary, NEW);
  return { seen, isRisky: (found: Observation) => isRiskyRepair(canary, status, found) };
}

function routed(seen: Observation, liveCanaryWeight: number): Observation {
  return { ...seen, routes: { ...seen.routes, virtualService: differs, liveCanaryWeight } };
}

describe('a repair', () => {
  it('is risky where it raises the weight that the mesh has', () => {
    const { seen, isRisky } = at((status) => status.canaryWeight === 40);
    expect(isRisky(seen)).toBe(false);
    expect(isRisky(routed(seen, 0))).toBe(true);
    expect(isRisky(routed(seen, 40))).toBe(false);
    expect(isRisky(routed(seen, 60))).toBe(false);
  });

  it('is risky where it takes the last pods', () => {
    const { seen, isRisky } = at((status) => status.stage === 'scale-down');
    const target = { ...seen.workload.target!, object: differs };
    const found = (desired: number) => ({
      ...seen,
      workload: { ...seen.workload, target: { ...target, pods: { ...target.pods, desired } } },
    });
    expect(isRisky(found(2))).toBe(true);
    expect(isRisky(found(0))).toBe(false);
  });

  it('is risky where it changes what the primary runs, or whom the apex Service selects', () => {
    const { seen, isRisky } = at((status) => status.phase === 'Promoting');
    const primary = { ...seen.workload.primary!, object: differs };
    const running = (revision: string) => ({
      ...seen,
      workload: { ...seen.workload, primary: { ...primary, revision } },
    });
    expect(isRisky(running(OLD.revision))).toBe(true);
    expect(isRisky(running(NEW.revision))).toBe(false);
    expect(isRisky({ ...seen, services: { ...seen.services, object: differs } })).toBe(true);
  });
});

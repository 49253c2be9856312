import type { CanaryStatus } from '../../src/api/status.ts';
import type { MovesOptions } from './moves.ts';
import { search, type Bounds, type Found } from './search.ts';
import { CANARY, TARGET } from './slots.ts';
import { SmallWorld, type Allowance } from './small-world.ts';
import { FIRST_REPLICA, type State } from './state.ts';

/** How much may go wrong on one path of a rollout, which is explored to its end. */
export interface Scenario {
  readonly name: string;
  readonly allowance: Allowance;
}

/** The whole exploration, `npm run model`: the next to last take longest. */
export const SCENARIOS: readonly Scenario[] = [
  scenario('nothing goes wrong', {}),
  scenario('checks fail, evidence is missing', { bad: 2, missing: 2 }),
  scenario('a local store lags behind, twice', { missed: 2 }),
  scenario('a local store lags behind; pods fail', { missed: 1, crash: 1 }),
  scenario('a local store lags behind; Git resets the routes', { missed: 1, reset: 1 }),
  scenario('a local store lags behind; a newer version comes', { missed: 1, revision: 1 }),
  scenario('a late write', { late: 1 }),
  scenario('a late write; pods fail', { late: 1, crash: 1 }),
  scenario('a late write; Git resets the routes', { late: 1, reset: 1 }),
  scenario('a pause', { pause: 1 }),
  scenario('a pause; pods fail', { pause: 1, crash: 1 }),
  scenario('a pause; Git resets the routes', { pause: 1, reset: 1 }),
  scenario('a pause; a newer version comes', { pause: 1, revision: 1 }),
  scenario('a pause; a local store lags behind', { pause: 1, missed: 1 }),
  scenario('a pause; a late write', { pause: 1, late: 1 }),
  scenario('two pauses', { pause: 2 }),
];

/** What runs with the tests: the same laws where least can be interleaved. */
export const SAMPLE: readonly Scenario[] = [
  scenario('nothing goes wrong', {}),
  scenario('checks fail, evidence is missing', { bad: 1, missing: 1 }),
  scenario('pods fail', { crash: 1 }),
  scenario('Git resets the routes', { reset: 1 }),
  scenario('a newer version comes', { revision: 1 }),
  scenario('a local store lags behind', { missed: 1 }),
  scenario('a late write', { late: 1 }),
];

function scenario(name: string, allowance: Allowance): Scenario {
  return { name, allowance };
}

/**
 * A world in which the workload has been adopted and its team has just released a version; or a later
 * state of that, the first in which `until` holds of the status.
 */
export async function releasing(
  allowance: Allowance,
  { until, ...options }: Options = {},
): Promise<{ world: SmallWorld; first: State }> {
  const world = new SmallWorld({ ...allowance, revision: 1 + (allowance.revision ?? 0) }, options);
  const adopted = await world.alone(world.untouched(), (state) => isAdopted(world, state));
  const released: State[] = [];
  await world.each(world.endangered(adopted), (next, { kind, misses }) => {
    if (kind === 'releases' && misses?.length === 0) released.push(next.slice());
  });
  const first = await world.alone(released[0]!, (state) => {
    const { status } = world.contents.facts(state[CANARY]!);
    const { isSettled } = world.contents.facts(state[TARGET]!);
    return (
      until === undefined || (isIdle(state) && isSettled && status !== undefined && until(status))
    );
  });
  return { world, first };
}

export interface Options extends MovesOptions {
  readonly until?: Until | undefined;
}

export type Until = (status: CanaryStatus) => boolean;

function isAdopted(world: SmallWorld, state: State): boolean {
  const { status } = world.contents.facts(state[CANARY]!);
  return status?.phase === 'Initialized' && isIdle(state);
}

function isIdle(state: State): boolean {
  return state.subarray(FIRST_REPLICA).every((one) => one === 0);
}

/** Explores one scenario as far as the bounds allow. */
export async function explore(
  { allowance }: Pick<Scenario, 'allowance'>,
  bounds: Bounds,
  options: Options = {},
): Promise<{ world: SmallWorld; found: Found }> {
  const { world, first } = await releasing(allowance, options);
  return { world, found: await search(world, first, bounds) };
}

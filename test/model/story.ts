import type { CanaryStatus } from '../../src/api/status.ts';
import type { Move } from './move.ts';
import type { Violation } from './search.ts';
import type { SmallWorld } from './small-world.ts';
import {
  CANARY,
  type Group,
  GROUP_NAMES,
  PINNED,
  PRIMARY,
  ROUTES,
  slotText,
  TARGET,
} from './slots.ts';
import { canonical, REPLICAS, type State } from './state.ts';
import { TICK_MS } from './time.ts';
import { letterOf } from './workload.ts';

/** The way to a broken law, a line for each step, as a person would tell it. */
export async function storyOf(world: SmallWorld, { law, way }: Violation): Promise<string> {
  const lines = [`it begins: ${sceneOf(world, way[0]!)}`];
  let names = ['A', 'B'];
  for (const [i, state] of way.entries()) {
    const after = way[i + 1];
    const found = await stepTo(world, state, after);
    if (found === undefined) break;
    const text = textOf(world, state, found.next, found.move, names);
    lines.push(`${String(i + 1).padStart(3)}. ${text}`);
    if (found.isSwapped) names = names.toReversed();
  }
  return [...lines, `  => ${law}`].join('\n');
}

interface Taken {
  readonly next: State;
  readonly move: Move;
  readonly isSwapped: boolean;
}

/** The step to `after`, or the one that breaks a law. */
async function stepTo(
  world: SmallWorld,
  state: State,
  after: State | undefined,
): Promise<Taken | undefined> {
  const found: Taken[] = [];
  await world.each(state, (next, move, broken) => {
    if ((broken !== undefined) !== (after === undefined)) return;
    const one = canonical(next.slice());
    const isSwapped = one.some((value, at) => value !== next[at]);
    if (after === undefined || one.every((value, at) => value === after[at])) {
      found.push({ next: next.slice(), move, isSwapped });
    }
  });
  return found[0];
}

function textOf(
  world: SmallWorld,
  state: State,
  next: State,
  move: Move,
  names: readonly string[],
): string {
  const nameOf = (replica: number) => names[REPLICAS.findIndex((one) => one === replica)] ?? '?';
  const who = move.replica === undefined ? '' : nameOf(move.replica);
  const missed = (move.misses ?? []).map(nameOf);
  const tail =
    missed.length === 0
      ? ''
      : `; ${missed.join(' and ')} ${missed.length > 1 ? 'do' : 'does'} not hear of it`;
  switch (move.kind) {
    case 'looks':
      return `${who} looks at its local store and starts to work`;
    case 'step':
      return `${who} ${requestText(world, next, move)}${tail}`;
    case 'pauses':
      return `${who} pauses before it ${requestText(world, state, move)}`;
    case 'dies':
      return `${who} dies and starts again`;
    case 'dies sending':
      return `${who} dies; under way is still that it ${requestText(world, state, move)}`;
    case 'late':
      return `the late request arrives: it ${requestText(world, next, move)}${tail}`;
    case 'hears':
      return `${who} hears of ${GROUP_NAMES[move.about as Group]} again`;
    default:
      return `${otherText(world, next, move)}${tail}`;
  }
}

/** What happens without Linnet. */
function otherText(world: SmallWorld, next: State, { kind, about = 0 }: Move): string {
  switch (kind) {
    case 'settles':
      return `${slotText(about)} is settled: ${podsText(world, next, about)}`;
    case 'crashes':
      return `the pods of ${slotText(about)} fail`;
    case 'releases':
      return `the team releases a version: ${podsText(world, next, about)}`;
    case 'resets':
      return `Git puts ${slotText(about)} back: ${routesText(world, next)}`;
    default:
      return `${TICK_MS / 1000} s pass`;
  }
}

function requestText(world: SmallWorld, state: State, { request, response }: Move): string {
  const outcome = response === undefined ? '' : `, which ${response.outcome}`;
  switch (request!.verb) {
    case 'read':
      return `reads ${slotText(request!.slot)} live`;
    case 'endpoints':
      return 'reads the endpoints live';
    case 'list':
      return 'lists objects';
    case 'measure':
      return `asks for evidence: it is ${response?.outcome}`;
    case 'store':
      return `stores ${planText(request!.status as CanaryStatus)}${outcome}`;
    case 'create':
    case 'delete':
    case 'patch':
      return `${request!.verb === 'patch' ? 'writes' : `${request!.verb}s`} ${objectText(world, state, request!.slot)}${outcome}`;
  }
}

function objectText(world: SmallWorld, state: State, slot: number): string {
  const name = slotText(slot);
  const stamp = world.contents.facts(state[slot]!).stamp;
  if (slot === ROUTES) return `${name} (now ${routesText(world, state)})`;
  if (slot === TARGET || slot === PRIMARY) return `${name} (now ${podsText(world, state, slot)})`;
  return slot >= PINNED || slot === CANARY ? name : `${name} (now plan ${stamp})`;
}

function routesText(world: SmallWorld, state: State): string {
  const { canaryWeight, stamp } = world.contents.facts(state[ROUTES]!);
  return `${canaryWeight} % to the canary, ${stamp < 0 ? 'no stamp' : `stamp ${stamp}`}`;
}

function podsText(world: SmallWorld, state: State, slot: number): string {
  const { replicas, ready, template, podsOf, stamp } = world.contents.facts(state[slot]!);
  const pods = podsOf === template ? `${ready} ready` : `${ready} ready of revision ${podsOf}`;
  return `revision ${template}, ${replicas} wanted, ${pods}, ${stamp < 0 ? 'no stamp' : `stamp ${stamp}`}`;
}

function planText(status: CanaryStatus | undefined): string {
  if (status === undefined) return 'no plan';
  const { phase, stage, step, ending, fences, failedChecks, revision } = status;
  const parts = [
    `${phase}${stage === undefined ? '' : `/${stage}`}`,
    `revision ${letterOf(revision)}`,
    `weight ${step?.weight ?? 0}`,
    ...(failedChecks > 0 ? [`${failedChecks} failed`] : []),
    ...(ending === undefined ? [] : [`ending ${ending.outcome}`]),
    `fences ${Object.values(fences).join(' ')}`,
  ];
  return `[${parts.join(', ')}]`;
}

function sceneOf(world: SmallWorld, state: State): string {
  const plan = planText(world.contents.facts(state[CANARY]!).status);
  return `${plan}; ${slotText(TARGET)}: ${podsText(world, state, TARGET)}; ${slotText(ROUTES)}: ${routesText(world, state)}`;
}

import type { Canary } from '../api/canary.ts';
import type { GuardSeen } from '../decide/observation.ts';
import { keyOf, keyText } from '../ports/canaries.ts';

interface GuardWatchParts {
  readonly canaries: () => readonly Canary[];
  /** What the guard says of a rollout now; undefined where it has nothing to say. */
  readonly ask: (canary: Canary) => Promise<GuardSeen | undefined>;
  /** Has a canary looked at; what is convicted waits behind nobody's turn. */
  readonly look: (key: string, isUrgent: boolean) => void;
}

/**
 * To be called after each sweep: asks the guard about every rollout, and has those looked at of which
 * it says something else than before. That is far cheaper than a look at each, and a conviction waits
 * for no timer. Never rejects; what cannot be asked about now is asked about after the next sweep.
 */
export function guardWatch({ canaries, ask, look }: GuardWatchParts): () => Promise<void> {
  let said: ReadonlyMap<string, Outcome> = new Map();
  let isAsking = false;

  /** Numbers change with every block; what follows from them seldom does. */
  async function saying(canary: Canary): Promise<readonly [string, Outcome][]> {
    const key = keyText(keyOf(canary));
    const before = said.get(key);
    const outcome = await ask(canary).then(
      (seen) => seen?.ruling?.outcome,
      () => before,
    );
    if (outcome === undefined) return [];
    if (outcome !== (before ?? 'pass')) look(key, outcome === 'rollback');
    return [[key, outcome]];
  }

  /** What is suspected may be convicted now: nobody else is asked about before. */
  function inTurn(): Canary[][] {
    const isHeld = (canary: Canary) => said.get(keyText(keyOf(canary))) === 'hold';
    const all = canaries();
    return [...chunks(all.filter(isHeld)), ...chunks(all.filter((canary) => !isHeld(canary)))];
  }

  return async () => {
    if (isAsking) return;
    isAsking = true;
    const now: (readonly [string, Outcome])[] = [];
    for (const some of inTurn()) now.push(...(await Promise.all(some.map(saying))).flat());
    said = new Map(now);
    isAsking = false;
  };
}

/** So few that a look that is due meanwhile need not wait for all. */
function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / AT_ONCE);
  return Array.from({ length: count }, (_, i) => all.slice(i * AT_ONCE, (i + 1) * AT_ONCE));
}

const AT_ONCE = 250;

type Outcome = NonNullable<GuardSeen['ruling']>['outcome'];

import type { Canary } from '../api/canary.ts';
import type { GuardSeen } from '../decide/observation.ts';
import { keyOf, keyText } from '../ports/canaries.ts';

interface GuardWatchParts {
  readonly canaries: () => readonly Canary[];
  /** What the guard says of a rollout now; undefined where it has nothing to say. */
  readonly ask: (canary: Canary) => Promise<GuardSeen | undefined>;
  /** Has a canary looked at. */
  readonly look: (key: string) => void;
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
    if (outcome !== (before ?? 'pass')) look(key);
    return [[key, outcome]];
  }

  return async () => {
    if (isAsking) return;
    isAsking = true;
    said = new Map((await Promise.all(canaries().map(saying))).flat());
    isAsking = false;
  };
}

type Outcome = NonNullable<GuardSeen['ruling']>['outcome'];

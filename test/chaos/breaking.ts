import { setTimeout as pass } from 'node:timers/promises';
import { seededRandom, type Random } from '../../src/sandbox/mesh/random.ts';
import { between, type Fault, type Storm } from './fault.ts';
import { FAULTS, LASTING_FAULTS } from './faults.ts';

/** Of every fault there is. */
export const FAULT_NAMES: readonly string[] = [
  ...new Set([...FAULTS, ...LASTING_FAULTS].map(({ name }) => name)),
];

/** A fault that was, or is, by `performance.now()`. */
export interface Happened {
  readonly name: string;
  readonly from: number;
  /** Infinity while it lasts. */
  until: number;
}

/** How often a fault has struck, and how often it was felt in all. */
export interface Toll {
  readonly name: string;
  struck: number;
  felt: number;
}

export interface Breaking {
  readonly happened: readonly Happened[];
  /** Of every fault that might have struck, also of one whose turn never came. */
  readonly tolls: readonly Toll[];
  /** Resolves when all is right again; rejects when something went wrong with the faults themselves. */
  end(): Promise<void>;
}

/**
 * Two things at a time go wrong for seconds, with moments of calm between them, and beside them one at a
 * time for longer. What comes after what, and in what strength, is the seed's; only the moments are not.
 */
export function breakThings(
  around: Omit<Storm, 'over'>,
  { seed, fault: only }: { readonly seed: number; readonly fault?: string | undefined },
): Breaking {
  const over = new AbortController();
  const storm: Storm = { ...around, over: over.signal };
  const happened: Happened[] = [];
  const chosen = FAULT_NAMES.filter((name) => name === (only ?? name));
  const tolls = chosen.map((name) => ({ name, struck: 0, felt: 0 }));

  async function strike({ fault, random }: Dealt): Promise<void> {
    const one = { name: fault.name, from: performance.now(), until: Infinity };
    happened.push(one);
    const felt = await fault.strike(storm, random).finally(() => (one.until = performance.now()));
    const toll = tolls.find(({ name }) => name === fault.name);
    if (felt === undefined || toll === undefined) return;
    toll.struck += 1;
    toll.felt += felt;
  }

  async function goOn(faults: Iterable<Dealt>, calm: (random: Random) => number): Promise<void> {
    for (const dealt of faults) {
      const ms = calm(dealt.random);
      await pass(ms, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      await strike(dealt);
    }
  }

  const among = (faults: readonly Fault[]) => faults.filter(({ name }) => chosen.includes(name));
  const swift = deal(among(FAULTS), seed);
  const lasting = deal(among(LASTING_FAULTS), seed + 1);
  const all = Promise.all([
    goOn(swift, (random) => between(random, 300, 1800)),
    goOn(swift, (random) => between(random, 300, 1800)),
    goOn(lasting, (random) => between(random, 5000, 180_000)),
  ]);
  all.catch(() => undefined);
  return {
    happened,
    tolls,
    async end() {
      over.abort();
      await all;
    },
  };
}

export interface Dealt {
  readonly fault: Fault;
  /** For it alone. */
  readonly random: Random;
}

/** Without end, if there are any; each once before any comes again. */
export function deal(faults: readonly Fault[], seed: number): Iterable<Dealt> {
  const random = seededRandom(seed);
  let stack: Fault[] = [];
  return {
    [Symbol.iterator]: () => ({
      next() {
        if (stack.length === 0) stack = shuffled(faults, random);
        const fault = stack.pop();
        if (fault === undefined) return { value: undefined, done: true };
        return { value: { fault, random: seededRandom(random() * 2 ** 32) } };
      },
    }),
  };
}

function shuffled<T>(things: readonly T[], random: Random): T[] {
  return things
    .map((thing) => ({ thing, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ thing }) => thing);
}

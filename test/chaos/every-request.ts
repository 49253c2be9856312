import { setTimeout as pass } from 'node:timers/promises';
import { seededRandom } from '../../src/sandbox/mesh/random.ts';
import type { Weather } from '../weather/crossing.ts';
import { PROMOTED, TAKEN_BACK, type Journey } from './journeys.ts';
import type { Lane } from './lane.ts';

/** What happens to the controller at its Nth request, and whether the request got through before. */
export interface Strike {
  readonly journey: Journey;
  /** Counted from 1, from the new version on, over all that the controller asks and tells. */
  readonly n: number;
  readonly when: 'before' | 'after';
  /** Killed; or stood still for so many milliseconds. */
  readonly pauseMs?: number;
}

export interface Struck {
  readonly strike: Strike;
  /** The request; undefined when the journey was over before so many were made. */
  readonly request: string | undefined;
  readonly complaints: readonly string[];
}

/** One journey in which the controller is struck once. */
export async function strikeOnce(lane: Lane, strike: Strike): Promise<Struck> {
  const blow = blowOf(lane, strike);
  const calm = lane.crossings.map((crossing) => crossing.under(blow.weather));
  const complaints = await lane.travel(strike.journey);
  for (const clear of calm) clear();
  await blow.over();
  return { strike, request: blow.request, complaints };
}

function blowOf({ seat, relief }: Lane, { n, when, pauseMs }: Strike) {
  let count = 0;
  let after: Promise<unknown> = Promise.resolve();
  const blow = {
    request: undefined as string | undefined,
    over: () => after,
    weather: (async (passing, forward) => {
      if (!passing.isWatch) count += 1;
      if (passing.isWatch || count !== n) return forward();
      blow.request = `${passing.method} ${passing.path}`;
      if (pauseMs !== undefined) return standStill(forward);
      const answer = when === 'after' ? await forward() : undefined;
      await seat.kill();
      after = seat.start();
      return answer;
    }) as Weather,
  };

  /** Its request is on the way while it stands still, and arrives at last, however late. */
  async function standStill(forward: Parameters<Weather>[1]) {
    const early = when === 'after' ? await forward() : undefined;
    seat.pause();
    const relieved = relief?.start();
    await pass(pauseMs);
    const answer = early ?? (await forward());
    seat.resume();
    after = (async () => {
      await relieved;
      await relief?.stop();
    })();
    return answer;
  }
  return blow;
}

/** Every strike of these kinds, until one comes too late to hit anything. */
export async function strikeEverywhere(
  lanes: readonly Lane[],
  kinds: readonly Omit<Strike, 'n'>[],
  report: (struck: Struck) => void,
): Promise<void> {
  const open = kinds.map((kind) => ({ kind, next: 1, isOver: false }));
  await Promise.all(
    lanes.map(async (lane) => {
      for (;;) {
        const series = open.find(({ isOver }) => !isOver);
        if (series === undefined) return;
        const strike = { ...series.kind, n: series.next };
        series.next += 1;
        const struck = await strikeOnce(lane, strike);
        if (struck.request === undefined) series.isOver = true;
        report(struck);
      }
    }),
  );
}

/** Pauses of 15 and of 90 s at a few requests of each kind, in the lanes that share a Redis or not. */
export async function pauseAtSome(
  lanes: readonly Lane[],
  seed: number,
  report: (struck: Struck) => void,
): Promise<void> {
  const random = seededRandom(seed);
  const strikes = PAUSES_MS.flatMap((pauseMs) =>
    [...KILLS, ...KILLS, ...KILLS].map((kind) => {
      const n = 1 + Math.floor(random() * SURE_REQUESTS);
      return { ...kind, n, pauseMs };
    }),
  );
  await Promise.all(
    lanes.map(async (lane) => {
      for (let strike = strikes.pop(); strike !== undefined; strike = strikes.pop()) {
        report(await strikeOnce(lane, strike));
      }
    }),
  );
}

const PAUSES_MS = [15_000, 90_000];

/** So many that every rollout is sure to make them. */
export const SURE_REQUESTS = 40;

/** Both journeys, both sides of each request. */
export const KILLS: readonly Omit<Strike, 'n'>[] = [PROMOTED, TAKEN_BACK].flatMap((journey) =>
  (['before', 'after'] as const).map((when) => ({ journey, when })),
);

/** For a person who reads what happened. */
export function nameOf({ strike, request }: Struck): string {
  const { journey, n, when, pauseMs } = strike;
  const what = pauseMs === undefined ? 'killed' : `stood still for ${pauseMs / 1000} s`;
  return `${journey.name}, ${what} ${when} request ${n} (${request ?? 'never made'})`;
}

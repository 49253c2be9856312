import { setTimeout as pass } from 'node:timers/promises';
import { seededRandom } from '../../src/sandbox/mesh/random.ts';
import type { Weather } from '../weather/crossing.ts';
import { ADOPTED, GIVEN_BACK, PROMOTED, TAKEN_BACK, type Journey } from './journeys.ts';
import type { Lane } from './lane.ts';

/** What happens to the controller at its Nth request, and whether the request got through before. */
export interface Strike {
  readonly journey: Journey;
  /** Counted from 1, from what the journey begins with, over all that the controller asks and tells. */
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
  await lane.prepare(strike.journey);
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

/** Every strike of these kinds from a request on, until one comes too late to hit anything. */
export async function strikeEverywhere(
  lanes: readonly Lane[],
  { kinds, from }: { readonly kinds: readonly Kind[]; readonly from: number },
  report: (struck: Struck) => void,
): Promise<void> {
  const open = kinds.map((kind) => ({ kind, next: from, isOver: false }));
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

/** Each of these, by whichever lane is free. */
export async function strikeAll(
  lanes: readonly Lane[],
  strikes: readonly Strike[],
  report: (struck: Struck) => void,
): Promise<void> {
  const waiting = strikes.values();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const strike of waiting) report(await strikeOnce(lane, strike));
    }),
  );
}

/** What may happen at any request. */
export type Kind = Omit<Strike, 'n'>;

export const JOURNEYS: readonly Journey[] = [PROMOTED, TAKEN_BACK, ADOPTED, GIVEN_BACK];

/** Both sides of each request. */
export function killsOn(journeys: readonly Journey[]): Kind[] {
  return journeys.flatMap((journey) =>
    (['before', 'after'] as const).map((when) => ({ journey, when })),
  );
}

/** Pauses of 15 and of 90 s at that request, or at a few that the seed chooses. */
export function pausesOn(
  journeys: readonly Journey[],
  { seed, request }: { readonly seed: number; readonly request: number | undefined },
): Strike[] {
  const random = seededRandom(seed);
  const kinds = killsOn(journeys);
  return PAUSES_MS.flatMap((pauseMs) =>
    (request === undefined ? [...kinds, ...kinds] : kinds).map((kind) => ({
      ...kind,
      n: request ?? 1 + Math.floor(random() * kind.journey.sureRequests),
      pauseMs,
    })),
  );
}

const PAUSES_MS = [15_000, 90_000];

/** For a person who reads what happened. */
export function nameOf({ strike, request }: Struck): string {
  const { journey, n, when, pauseMs } = strike;
  const what = pauseMs === undefined ? 'killed' : `stood still for ${pauseMs / 1000} s`;
  return `${journey.name}, ${what} ${when} request ${n} (${request ?? 'never made'})`;
}

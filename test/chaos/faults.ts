import { setTimeout as pass } from 'node:timers/promises';
import { shiftedBy } from '../controller/shifted-clock.ts';
import type { Crossing } from '../weather/crossing.ts';
import type { OpenWatch } from '../weather/open-watch.ts';
import * as weather from '../weather/weathers.ts';
import type { Seat } from './seat.ts';
import type { Storm } from './storm.ts';

/** Something that goes wrong for a while, and comes right again by itself. */
export interface Fault {
  readonly name: string;
  strike(storm: Storm): Promise<void>;
}

/** To controllers themselves. Not to all at once for long: then nothing happens at all. */
const DEATHS: readonly Fault[] = [
  seatFault('a replica is killed', async (seat, storm) => {
    await seat.kill();
    await pass(between(storm, 0, 3000));
    await seat.start();
  }),
  seatFault('a replica is killed at a request', async (seat, storm) => {
    const isAfter = storm.random() < 0.5;
    const at = Math.ceil(storm.random() * 60);
    await killedAt(seat, at, isAfter);
    await seat.start();
  }),
  seatFault('a replica stands still', async (seat, storm) => {
    seat.pause();
    await pass(between(storm, 500, 20_000));
    seat.resume();
  }),
  seatFault('a replica is rolled', async (seat) => {
    await seat.stop();
    await seat.start();
  }),
  seatFault('a replica has a clock five minutes off', async (seat, storm) => {
    await seat.kill();
    await seat.start([shiftedBy(storm.random() < 0.5 ? 300_000 : -300_000)]);
    await pass(between(storm, 2000, 10_000));
    await seat.kill();
    await seat.start();
  }),
];

const API: readonly Fault[] = [
  apiFault('the API answers 500', () => weather.answering(500), 3000),
  apiFault('the API answers 429', () => weather.answering(429, { 'retry-after': '1' }), 3000),
  apiFault('the API takes tokens for expired', () => weather.answering(401), 3000),
  apiFault('every write meets a conflict once', () => weather.conflictingOnce(), 5000),
  apiFault('the API takes 5 s', () => weather.late(5000), 12_000),
  apiFault('answers to writes are lost', () => weather.losingAnswersToWrites(), 1500),
  apiFault('VirtualServices are rejected', () => weather.rejecting('virtualservices'), 4000),
  watchFault('watches are cut', (watch) => watch.cut()),
  watchFault('watches are answered 410', (watch) => watch.expire()),
  watchFault('watches fall silent', (watch) => watch.silence()),
];

const PEOPLE: readonly Fault[] = [
  wayFault('receivers answer 500', weather.to('/messages', weather.answering(500)), 3000),
  wayFault(
    'receivers answer, and nobody hears it',
    weather.to('/messages', weather.losing()),
    1500,
  ),
  wayFault('Prometheus is away', weather.to('/api/v1/', weather.broken()), 4000),
  wayFault('Prometheus answers HTML', weather.to('/api/v1/', weather.html()), 4000),
  wayFault('Prometheus breaks off', weather.to('/api/v1/', weather.half()), 4000),
  wayFault('Prometheus is empty', weather.to('/api/v1/', weather.emptyPrometheus()), 4000),
  wayFault('Prometheus takes 12 s', weather.to('/api/v1/', weather.late(12_000)), 4000),
];

const REDIS: readonly Fault[] = [
  redisFault('Redis is emptied', async (storm) => {
    await storm.redis.command('FLUSHALL');
  }),
  redisFault('Redis is away', async (storm) => {
    await storm.redis.stop();
    await pass(between(storm, 0, 6000));
    await storm.redis.start();
  }),
  redisFault('Redis hangs', async (storm) => {
    const ms = between(storm, 1000, 8000);
    await storm.redis.command('CLIENT', 'PAUSE', String(Math.round(ms)), 'ALL');
    await pass(ms);
  }),
  redisFault('Redis is full', async (storm) => {
    await storm.redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await pass(between(storm, 1000, 5000));
    await storm.redis.command('CONFIG', 'SET', 'maxmemory', '0');
  }),
];

export const FAULTS: readonly Fault[] = [...DEATHS, ...DEATHS, ...API, ...PEOPLE, ...REDIS];

function between({ random }: Storm, least: number, most: number): number {
  return least + random() * (most - least);
}

/** What is being done to one thing must be over before something else is. */
const busy = new WeakSet<object>();

async function alone(thing: object, strike: () => Promise<void>): Promise<void> {
  if (busy.has(thing)) return;
  busy.add(thing);
  try {
    await strike();
  } finally {
    busy.delete(thing);
  }
}

function anySeat({ seats, random }: Storm): Seat {
  return seats[Math.floor(random() * seats.length)]!;
}

function seatFault(name: string, strike: (seat: Seat, storm: Storm) => Promise<void>): Fault {
  return {
    name,
    strike: (storm) => {
      const seat = anySeat(storm);
      return alone(seat, () => strike(seat, storm));
    },
  };
}

/** As one replica sees it, or all of them. */
function apiFault(name: string, make: () => weather.Weather, ms: number): Fault {
  return {
    name,
    async strike(storm) {
      const one = anySeat(storm);
      const seats = storm.random() < 0.5 ? [one] : storm.seats;
      const crossings = seats.map(({ crossing }) => crossing);
      await under(crossings, make(), ms);
    },
  };
}

function watchFault(name: string, spoil: (watch: OpenWatch) => void): Fault {
  return {
    name,
    async strike(storm) {
      for (const watch of anySeat(storm).crossing.watches) spoil(watch);
    },
  };
}

function wayFault(name: string, made: weather.Weather, ms: number): Fault {
  return { name, strike: ({ ways }) => under([ways], made, ms) };
}

async function under(crossings: readonly Crossing[], made: weather.Weather, ms: number) {
  const clear = crossings.map((crossing) => crossing.under(made));
  await pass(ms);
  for (const end of clear) end();
}

/** One at a time, and without a complaint when Redis is just then away for another reason. */
function redisFault(name: string, strike: (storm: Storm) => Promise<void>): Fault {
  return { name, strike: (storm) => alone(storm.redis, () => strike(storm)) };
}

/** Resolves when it is dead; at the latest after a while without so many requests. */
async function killedAt(seat: Seat, n: number, isAfter: boolean): Promise<void> {
  let count = 0;
  await new Promise<void>((resolve) => {
    const die = () => void seat.kill().then(resolve);
    const late = setTimeout(die, LONGEST_WAIT_MS);
    const clear = seat.crossing.under(async (passing, forward) => {
      if (!passing.isWatch) count += 1;
      if (passing.isWatch || count !== n) return forward();
      clearTimeout(late);
      clear();
      const answer = isAfter ? await forward() : undefined;
      die();
      return answer;
    });
  });
}

const LONGEST_WAIT_MS = 5000;

import type { Random } from '../../src/sandbox/mesh/random.ts';
import { shiftedBy } from '../controller/shifted-clock.ts';
import { alone, anyOf, between, inTurn, lasting, type Fault, type Storm } from './fault.ts';
import type { Seat } from './seat.ts';

/** To controllers themselves. Not to all at once for long: then nothing happens at all. */
export const REPLICA_FAULTS: readonly Fault[] = [
  seatFault('a replica is killed', async (seat, storm, random) => {
    await seat.kill();
    await lasting(storm, between(random, 0, 3000));
    await seat.start();
    return 1;
  }),
  seatFault('a replica is killed at a request', async (seat, _storm, random) => {
    const isAfter = random() < 0.5;
    const isHit = await killedAt(seat, Math.ceil(random() * 60), isAfter);
    await seat.start();
    return isHit ? 1 : 0;
  }),
  seatFault('a replica stands still', async (seat, storm, random) => {
    seat.pause();
    await lasting(storm, between(random, 500, 20_000));
    seat.resume();
    return 1;
  }),
  seatFault('a replica is rolled', async (seat) => {
    await seat.stop();
    await seat.start();
    return 1;
  }),
  seatFault('a replica has a clock five minutes off', async (seat, storm, random) => {
    await seat.kill();
    await seat.start([shiftedBy(random() < 0.5 ? 300_000 : -300_000)]);
    const asked = await requestsFor(seat, storm, between(random, 2000, 10_000));
    await seat.kill();
    await seat.start();
    return asked;
  }),
];

/** One seat after the other; meanwhile two versions are at work, and any of them may die. */
export const UPGRADE: Fault = {
  name: 'Linnet is upgraded, a replica at a time',
  async strike(storm, random) {
    const next = await storm.newer();
    const [first, ...others] = startingAt(anyOf(storm.seats, random), storm.seats);
    const upgrade = (seat: Seat) =>
      inTurn(seat, async () => {
        await seat.stop();
        seat.install(next.main);
        await seat.start();
      });
    let tookOver = 0;
    await upgrade(first!);
    for (const seat of others) {
      await lasting(storm, between(random, 2000, 20_000));
      tookOver = next.taken();
      await upgrade(seat);
    }
    return tookOver;
  },
};

function startingAt(first: Seat, seats: readonly Seat[]): Seat[] {
  return [first, ...seats.filter((seat) => seat !== first)];
}

function seatFault(
  name: string,
  strike: (seat: Seat, storm: Storm, random: Random) => Promise<number>,
): Fault {
  return {
    name,
    strike(storm, random) {
      const seat = anyOf(storm.seats, random);
      return alone(seat, () => strike(seat, storm, random));
    },
  };
}

/** How many it makes in so long. */
async function requestsFor({ crossing }: Seat, storm: Storm, ms: number): Promise<number> {
  let made = 0;
  const clear = crossing.under((_passing, forward) => {
    made += 1;
    return forward();
  });
  await lasting(storm, ms);
  clear();
  return made;
}

/** Resolves when it is dead; at the latest after a while without so many requests. */
async function killedAt(seat: Seat, n: number, isAfter: boolean): Promise<boolean> {
  let count = 0;
  return new Promise<boolean>((resolve, reject) => {
    const die = (isHit: boolean) => void seat.kill().then(() => resolve(isHit), reject);
    const late = setTimeout(() => die(false), LONGEST_WAIT_MS);
    const clear = seat.crossing.under(async (passing, forward) => {
      if (!passing.isWatch) count += 1;
      if (passing.isWatch || count !== n) return forward();
      clearTimeout(late);
      clear();
      const answer = isAfter ? await forward() : undefined;
      die(true);
      return answer;
    });
  });
}

const LONGEST_WAIT_MS = 5000;

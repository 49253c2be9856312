import type { OpenWatch } from '../weather/open-watch.ts';
import * as weather from '../weather/weathers.ts';
import { anyOf, inTurn, under, type Fault } from './fault.ts';
import { REDIS_AWAY_FOR_MINUTES, REDIS_FAULTS } from './redis-faults.ts';
import { REPLICA_FAULTS, UPGRADE } from './replica-faults.ts';

const API_FAULTS: readonly Fault[] = [
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

const PEOPLE_FAULTS: readonly Fault[] = [
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

/** What is over within seconds. */
export const FAULTS: readonly Fault[] = [
  ...REPLICA_FAULTS,
  ...REPLICA_FAULTS,
  ...API_FAULTS,
  ...PEOPLE_FAULTS,
  ...REDIS_FAULTS,
];

/** What goes on beside all of that. */
export const LASTING_FAULTS: readonly Fault[] = [UPGRADE, REDIS_AWAY_FOR_MINUTES];

/** As one replica sees it, or all of them. */
function apiFault(name: string, make: () => weather.Weather, ms: number): Fault {
  return {
    name,
    strike(storm, random) {
      const one = anyOf(storm.seats, random);
      const seats = random() < 0.5 ? [one] : storm.seats;
      const crossings = seats.map(({ crossing }) => crossing);
      return under(storm, crossings, { weather: make(), ms });
    },
  };
}

function watchFault(name: string, spoil: (watch: OpenWatch) => void): Fault {
  return {
    name,
    strike({ seats }, random) {
      const seat = anyOf(seats, random);
      // One that has just been killed has none.
      return inTurn(seat, () => {
        const watches = [...seat.crossing.watches];
        for (const watch of watches) spoil(watch);
        return Promise.resolve(watches.length);
      });
    },
  };
}

function wayFault(name: string, made: weather.Weather, ms: number): Fault {
  return { name, strike: (storm) => under(storm, [storm.ways], { weather: made, ms }) };
}

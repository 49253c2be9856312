import { beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import type { GuardSeen } from '../decide/observation.ts';
import { guardWatch } from './guard-watch.ts';

type Outcome = NonNullable<GuardSeen['ruling']>['outcome'];

let rollouts: Map<string, Outcome | undefined>;
let broken: Set<string>;
let asked: number;
let looks: string[];
let urgent: string[];
let swept: () => Promise<void>;

beforeEach(() => {
  rollouts = new Map();
  broken = new Set();
  asked = 0;
  looks = [];
  urgent = [];
  const named = (name: string) => ({ ...aCanary(), metadata: { ...aCanary().metadata, name } });
  swept = guardWatch({
    canaries: () => [...rollouts.keys()].map(named),
    ask: async ({ metadata }) => {
      asked += 1;
      if (broken.has(metadata.name)) throw new Error('Prometheus is away');
      const outcome = rollouts.get(metadata.name);
      const ruling = outcome && { outcome, line: '', isSharedOutage: false };
      return { basis: {} as GuardSeen['basis'], ruling };
    },
    look: (key, isUrgent) => {
      const name = key.replace(/.*\//, '');
      looks.push(name);
      if (isUrgent) urgent.push(name);
    },
  });
});

describe('after a sweep', () => {
  it.each<[string, (Outcome | undefined)[], number]>([
    ['a rollout of which there is nothing to say', [undefined, undefined], 0],
    ['one that goes well', [undefined, 'pass', 'pass'], 0],
    ['one that is convicted', ['pass', 'rollback'], 1],
    ['one that was convicted before this process began', ['rollback'], 1],
    ['one that stays convicted until it was looked at', ['rollback', 'rollback'], 1],
    ['one that is doubted, and is not any more', ['pass', 'hold', 'hold', 'pass', 'pass'], 2],
  ])('%s is looked at when something else is said of it', async (_, said, expected) => {
    for (const outcome of said) {
      rollouts.set('web', outcome);
      await swept();
    }
    expect(looks).toHaveLength(expected);
  });

  it('one that cannot be asked about is asked about after the next', async () => {
    rollouts.set('web', 'pass').set('api', 'rollback');
    broken.add('web').add('api');
    await swept();
    expect(looks).toEqual([]);
    broken.clear();
    await swept();
    expect(looks).toEqual(['api']);
  });

  it('nobody is asked again before they have answered', async () => {
    rollouts.set('web', 'pass');
    await Promise.all([swept(), swept()]);
    expect(asked).toBe(1);
  });

  it('those that are doubted are asked about before all others', async () => {
    for (const name of ['a', 'b', 'c', 'd']) rollouts.set(name, name === 'c' ? 'hold' : 'pass');
    await swept();
    for (const name of rollouts.keys()) rollouts.set(name, 'rollback');
    looks = [];
    await swept();
    expect(looks).toEqual(['c', 'a', 'b', 'd']);
  });

  it('only that one is looked at, and nobody who has gone', async () => {
    rollouts.set('web', 'pass').set('api', 'pass').set('old', 'hold');
    await swept();
    rollouts.set('api', 'rollback').delete('old');
    await swept();
    expect(looks).toEqual(['old', 'api']);
    expect(urgent).toEqual(['api']);
  });
});

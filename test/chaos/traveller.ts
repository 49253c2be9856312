import { randomUUID } from 'node:crypto';
import type { Delivery } from '../builders/people.ts';
import type { Account } from './chronicle.ts';
import { complaintsOf } from './complaints.ts';
import {
  adopt,
  furnish,
  giveUp,
  isHeld,
  isOver,
  release,
  type Journey,
  type Place,
} from './journeys.ts';
import { leftovers } from './leftovers.ts';
import type { Scene } from './scene.ts';
import type { Interruption } from './seat.ts';

/** A Canary in a namespace of its own that makes one journey after the other. */
export interface Traveller {
  readonly place: Place;
  /** Has it adopted by whoever runs; its messages go to `people`, a URL. */
  settle(people: string): Promise<void>;
  /** Brings it, in peace, to where the journey begins. */
  prepare(journey: Journey): Promise<void>;
  /**
   * Sends it on its way and answers, when it is over, what is to be complained of. `excuses`: what
   * may have happened meanwhile to those who look after it.
   */
  travel(journey: Journey, excuses: () => readonly Interruption[]): Promise<string[]>;
}

/** In a namespace that nobody had before: a test that is played again finds nothing of itself. */
export async function newTraveller(scene: Scene, name: string): Promise<Traveller> {
  const namespace = `${name}-${randomUUID().slice(0, 4)}`;
  const place = { namespace, name: 'web' };
  const { api, chronicle, people } = scene;
  await api.create('/api/v1/namespaces', { metadata: { name: namespace } });
  const account = () => chronicle.of(namespace, place.name);
  let images = 1;

  const come = () => goOn(() => adopt(api, place), isOver);
  const leave = () => goOn(() => giveUp(api, place), isGone);
  const setOut = () => release(api, place, `shop:${(images += 1)}`);

  /** What happened from an occasion on until it came to its end. */
  async function goOn(occasion: () => Promise<unknown>, isEnd: (all: Account) => boolean) {
    const begun = lengthsOf(account());
    await occasion();
    const ended = (all: Account) => all.plans.length > begun.plans && isEnd(since(all, begun));
    return since(await chronicle.until([namespace, place.name], ended, PATIENCE_MS), begun);
  }

  async function goFrom({ begins }: Journey): Promise<Account> {
    if (begins === 'new Canary') return come();
    return begins === 'deletion' ? leave() : goOn(setOut, isOver);
  }

  return {
    place,
    async settle(url) {
      await furnish(api, place, url);
      await come();
    },
    async prepare({ begins }) {
      if (begins === 'new Canary' && !isGone(account())) await leave();
      if (begins !== 'new Canary' && isGone(account())) await come();
      if (begins !== 'deletion') return;
      people.errors.delete(namespace);
      await goOn(setOut, isHeld);
    },
    async travel(journey, excuses) {
      const earlier = messagesTo(scene, place);
      people.errors.set(namespace, journey.errors);
      try {
        const told = {
          account: await goFrom(journey),
          earlier,
          messages: messagesTo(scene, place).slice(earlier.length),
          interruptions: excuses(),
        };
        const left = isGone(account()) ? await leftovers(api, place) : [];
        return [...complaintsOf(journey, told), ...left];
      } catch (error) {
        return [String(error)];
      }
    },
  };
}

/** On a machine that has more to do. */
const PATIENCE_MS = 240_000;

function messagesTo({ people }: Scene, { namespace, name }: Place): Delivery[] {
  return people.messages.filter((one) => one.namespace === namespace && one.name === name);
}

function isGone(account: Account): boolean {
  return account.isGone;
}

function lengthsOf({ plans, routes }: Account): Lengths {
  return { plans: plans.length, routes: routes.length };
}

interface Lengths {
  readonly plans: number;
  readonly routes: number;
}

function since(account: Account, { plans, routes }: Lengths): Account {
  return {
    ...account,
    plans: account.plans.slice(plans),
    routes: account.routes.slice(routes),
  };
}

import { randomUUID } from 'node:crypto';
import type { Delivery } from '../builders/people.ts';
import type { Account } from './chronicle.ts';
import { complaintsOf } from './complaints.ts';
import { adopt, isOver, release, type Journey, type Place } from './journeys.ts';
import type { Scene } from './scene.ts';
import type { Interruption } from './seat.ts';

/** A Canary in a namespace of its own that makes one journey after the other. */
export interface Traveller {
  readonly place: Place;
  /** Has it adopted by whoever runs; its messages go to `people`, a URL. */
  settle(people: string): Promise<void>;
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
  await scene.api.create('/api/v1/namespaces', { metadata: { name: namespace } });
  const key = [namespace, place.name] as const;
  let images = 1;
  return {
    place,
    async settle(people) {
      await adopt(scene.api, place, people);
      await scene.chronicle.until(key, isOver, PATIENCE_MS);
    },
    async travel(journey, excuses) {
      const before = scene.chronicle.of(...key);
      const begun = { plans: before.plans.length, routes: before.routes.length };
      const earlier = messagesTo(scene, place);
      scene.people.errors.set(namespace, journey.errors);
      await release(scene.api, place, `shop:${(images += 1)}`);
      const ended = (all: Account) => all.plans.length > begun.plans && isOver(since(all, begun));
      try {
        await scene.chronicle.until(key, ended, PATIENCE_MS);
      } catch (error) {
        return [String(error)];
      }
      return complaintsOf(journey, {
        account: since(before, begun),
        earlier,
        messages: messagesTo(scene, place).slice(earlier.length),
        interruptions: excuses(),
      });
    },
  };
}

/** On a machine that has more to do. */
const PATIENCE_MS = 240_000;

function messagesTo({ people }: Scene, { namespace, name }: Place): Delivery[] {
  return people.messages.filter((one) => one.namespace === namespace && one.name === name);
}

function since(account: Account, { plans, routes }: { plans: number; routes: number }): Account {
  return {
    ...account,
    plans: account.plans.slice(plans),
    routes: account.routes.slice(routes),
  };
}

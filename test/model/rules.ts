import type { ClusterReader } from '../../src/ports/cluster.ts';
import type { Conformity, ObjectSeen } from '../../src/ports/intent.ts';
import type { World } from '../../src/ports/world.ts';
import { fenceOf, stampAnnotation } from './contents.ts';
import { FENCED_SLOTS, slotOf } from './slots.ts';
import { NAMESPACE } from './workload.ts';

const KEY = { namespace: NAMESPACE, name: 'web' };

/** Rules of DESIGN section 5 that the model can do without, to see what they are good for. */
export const WEAKNESSES = [
  'no stamps',
  'no live re-read',
  'no 10 s limit',
  'no read-back',
  'no version on store',
  'no version on writes',
  'no live Canary before a repair',
] as const;
export type Weakness = (typeof WEAKNESSES)[number];

/** The world without one of the rules, taken out at a seam; those of the cluster are its own matter. */
export function weakened(world: World, weakness: Weakness | undefined): World {
  switch (weakness) {
    case 'no live re-read':
      return { ...world, readers: { ...world.readers, live: world.readers.cached } };
    case 'no 10 s limit': {
      const now = world.clock.now();
      return { ...world, clock: { now: () => now } };
    }
    case 'no live Canary before a repair': {
      const { canaries } = world;
      return { ...world, canaries: { ...canaries, read: async (key) => canaries.cached(key) } };
    }
    case 'no read-back':
      return believing(world);
    case 'no stamps': {
      const { cached, live } = world.readers;
      return {
        ...world,
        readers: { cached: unstamped(cached, world), live: unstamped(live, world) },
      };
    }
    case 'no version on store':
    case 'no version on writes':
    case undefined:
      return world;
  }
}

/** Every object seems to carry the stamp that it should: what counts is its content. */
function unstamped(reader: ClusterReader, { canaries }: World): ClusterReader {
  return {
    list: (kind, options) => reader.list(kind, options),
    async get(kind, namespace, name) {
      const object = await reader.get(kind, namespace, name);
      const slot = slotOf(kind, name);
      if (object === undefined || slot === undefined || !FENCED_SLOTS.includes(slot)) return object;
      const fences = canaries.cached(KEY)?.status?.fences ?? {};
      const annotations = {
        ...object.metadata.annotations,
        [stampAnnotation(slot)]: String(fences[fenceOf(slot)] ?? 0),
      };
      return { ...object, metadata: { ...object.metadata, annotations } };
    },
  };
}

/** Whatever has to be written counts as written. */
function believing(world: World): World {
  const { workload, services } = world;
  return {
    ...world,
    workload: {
      pin: (...given) => workload.pin(...given),
      applyPrimary: (...given) => workload.applyPrimary(...given),
      applyTarget: (...given) => workload.applyTarget(...given),
      unnamed: (...given) => workload.unnamed(...given),
      prune: (...given) => workload.prune(...given),
      async observe(canary, intent, reader) {
        const seen = await workload.observe(canary, intent, reader);
        const { target, primary } = seen;
        return {
          ...seen,
          target: target && { ...target, object: done(target.object) },
          primary: primary && { ...primary, object: done(primary.object) },
        };
      },
    },
    services: {
      apply: (...given) => services.apply(...given),
      async observe(canary, intent, reader) {
        const seen = await services.observe(canary, intent, reader);
        return { ...seen, object: done(seen.object) };
      },
    },
    routerFor: (canary) => {
      const router = world.routerFor(canary);
      return {
        ...router,
        async observe(canary, intent, reader) {
          const seen = await router.observe(canary, intent, reader);
          return {
            ...seen,
            virtualService: done(seen.virtualService),
            destinationRules: done(seen.destinationRules),
          };
        },
      };
    },
  };
}

const UNDONE: ReadonlySet<Conformity> = new Set(['differs', 'missing', 'unstamped']);

function done(object: ObjectSeen): ObjectSeen {
  return UNDONE.has(object.conformity) ? { ...object, conformity: 'conforms' } : object;
}

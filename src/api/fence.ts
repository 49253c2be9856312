import { FENCE } from './annotations.ts';

/**
 * The arithmetic of fences (DESIGN section 5) on the annotation `linnet.dev/fence`, for every
 * adapter that writes objects:
 *
 * - `stampOf(object)`: the number an object carries, undefined without one;
 * - `withStamp(annotations, fence)`: annotations of an object that is created;
 * - `judge(isRight, stamp, fence)`: how an existing object of ours conforms;
 * - `worstOf(objects)`: several objects under one fence as one.
 *
 * An object is compared in three steps: absent is `missing`; somebody else's is `foreign`; any
 * other goes through `judge`.
 */

/** Worst first; what each word means is said in ports/intent.ts. */
const WORST_FIRST = [
  'ahead',
  'foreign',
  'unstamped',
  'missing',
  'differs',
  'conforms',
  'unneeded',
] as const;

/** The same values as `Conformity` in ports/intent.ts. */
type Conformity = (typeof WORST_FIRST)[number];

/** The same shape as `ObjectSeen` in ports/intent.ts. */
interface Compared {
  readonly conformity: Conformity;
  readonly stamp: number;
  readonly detail?: string;
}

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined };
}

/** The stamp on an object; undefined without one, and for a text that no store could have made. */
export function stampOf(object: Annotated): number | undefined {
  const text = object.metadata.annotations?.[FENCE];
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** The annotations with the stamp of this fence. */
export function withStamp(
  annotations: Readonly<Record<string, string>> | undefined,
  fence: number,
): Record<string, string> {
  return { ...annotations, [FENCE]: String(fence) };
}

/**
 * How an object that exists and may be written by us conforms. `isRight`: its content is what the
 * intent demands. `fence`: the number in the status; undefined before the first store.
 */
export function judge(
  isRight: boolean,
  stamp: number | undefined,
  fence: number | undefined,
): 'conforms' | 'differs' | 'unstamped' | 'ahead' {
  if (stamp === undefined) return 'unstamped';
  if (stamp > (fence ?? 0)) return 'ahead';
  return isRight && stamp === (fence ?? 0) ? 'conforms' : 'differs';
}

/**
 * Several objects under one fence as one: the worst conformity, the highest stamp, and what is
 * said of those that are as bad. `unneeded` when there are none.
 */
export function worstOf(objects: readonly Compared[]): Compared {
  const conformity =
    WORST_FIRST.find((state) => objects.some((object) => object.conformity === state)) ??
    'unneeded';
  const details = objects
    .filter((object) => object.conformity === conformity)
    .flatMap(({ detail }) => (detail === undefined ? [] : [detail]));
  return {
    conformity,
    stamp: Math.max(0, ...objects.map((object) => object.stamp)),
    ...(details.length > 0 && { detail: details.join('; ') }),
  };
}

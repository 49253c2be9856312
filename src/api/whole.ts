import { z } from 'zod';

/** A whole number within both bounds; a refusal names them both. */
export function Whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A count without a sensible upper bound of its own. */
export function WholeFrom(min: number) {
  return Whole(min, INT32_MAX);
}

const INT32_MAX = 2 ** 31 - 1;

/** A percentage that may be 0, and one that may not. */
export const Percent = Whole(0, 100);
export const PositivePercent = Whole(1, 100);

export const Port = Whole(1, 65535);

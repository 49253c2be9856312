import { isDeepStrictEqual } from 'node:util';
import type { Canary } from '../api/canary.ts';
import { decide } from './decide.ts';
import { intentOf } from './intent.ts';
import { isAllCarried, type Observation } from './observation.ts';

/**
 * Whether a plan that was just stored can wait for its time: it demands nothing of the cluster that
 * the one before did not, what was seen bears that out, and nothing follows from it at once. Whatever
 * happens meanwhile is an event of its own.
 */
export function isAtRest(before: Canary, after: Canary, seen: Observation, now: number): boolean {
  return (
    isAllCarried(seen) &&
    demandsTheSame(before, after) &&
    decide(after, { ...seen, verdict: undefined }, now) === after.status
  );
}

function demandsTheSame(before: Canary, after: Canary): boolean {
  const [was, is] = [before.status, after.status];
  if (was === undefined || is === undefined) return false;
  return (
    isDeepStrictEqual(was.fences, is.fences) &&
    isDeepStrictEqual(intentOf(before, was), intentOf(after, is))
  );
}

import type { Canary } from '../api/canary.ts';
import { unitsText } from '../api/counted-units.ts';
import { drawnWeight, isOff } from '../decide/weights.ts';
import type { CallerShare, Share, SplitSeen } from '../ports/split.ts';

/**
 * Why the canary's weight is not what its traffic shows, one sentence that names the callers whose
 * requests go by another way; undefined while they may well go by the routes. The share is only held
 * against the weight where each request is drawn for itself: not by cookie, header or copy, and not
 * where others than Linnet say which of the routes a request takes.
 */
export function splitProblem(canary: Canary, seen: SplitSeen | undefined): string | undefined {
  const weight = drawnWeight(canary);
  if (seen === undefined || weight === undefined || !isOff(seen, weight)) return undefined;
  const isAstray = (caller: CallerShare) => isOff(caller, weight, LEAST_OF_A_CALLER);
  const strays = seen.callers.filter(isAstray).toSorted(byRequests);
  return `${shareText(seen)} ${unitsText(canary.spec)} of this step met the canary, its weight is ${weight} %${whose(strays)}`;
}

function whose(strays: readonly CallerShare[]): string {
  if (strays.length === 0) return '';
  const named = strays.slice(0, MOST_NAMED).map(nameText);
  const more = strays.length > MOST_NAMED ? ` and ${strays.length - MOST_NAMED} more` : '';
  return `; these callers go past its routes: ${named.join(', ')}${more}`;
}

const MOST_NAMED = 5;
/** That somebody goes astray is sure by then: who it is may be told from less. */
const LEAST_OF_A_CALLER = 30;

function nameText(caller: CallerShare): string {
  const name = caller.name === 'unknown' ? 'callers without a sidecar' : caller.name;
  return `${name} (${shareText(caller)})`;
}

/** `12 % of 2310`. */
function shareText({ canary, requests }: Share): string {
  const percent = (100 * canary) / requests;
  return `${Number(percent.toPrecision(2))} % of ${Math.round(requests)}`;
}

function byRequests(a: CallerShare, b: CallerShare): number {
  return b.requests - a.requests || a.name.localeCompare(b.name);
}

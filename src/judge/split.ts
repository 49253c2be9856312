import type { Canary } from '../api/canary.ts';
import { canSplit, strategyOf } from '../decide/weights.ts';
import type { CallerSplit, SplitSeen } from '../ports/split.ts';

/**
 * Why the canary's weight is not what its traffic shows, one sentence that names the callers whose
 * requests go by another way; undefined while they may well go by the routes. The share is only held
 * against the weight where each request is drawn for itself: not by cookie, header or copy, and not
 * where others than Linnet say which of the routes a request takes.
 */
export function splitProblem(canary: Canary, seen: SplitSeen | undefined): string | undefined {
  const weight = drawnWeight(canary);
  if (seen === undefined || weight === undefined || !isOff(seen, weight)) return undefined;
  const strays = seen.callers.filter((caller) => isOff(caller, weight)).toSorted(byRequests);
  return `${shareText(seen)} requests of this step met the canary, its weight is ${weight} %${whose(strays)}`;
}

/** Percent with which each request is drawn for the canary; undefined where it is not. */
export function drawnWeight(canary: Canary): number | undefined {
  const { spec, status } = canary;
  const { analysis, routing } = spec;
  const weight = status?.step?.weight ?? 0;
  const isDrawn =
    canSplit(canary) &&
    strategyOf(analysis) === 'weights' &&
    (analysis.match?.length ?? 0) === 0 &&
    analysis.sessionAffinity === undefined &&
    !analysis.mirror &&
    routing?.virtualServiceRef === undefined;
  return isDrawn && weight > 0 && weight < 100 ? weight : undefined;
}

/**
 * Whether a share lies outside its 99.9 % interval, and by enough to matter: scrapes of the two
 * versions are some seconds apart, which alone moves the share a little however many requests there
 * are.
 */
export function isOff(seen: Pick<SplitSeen, 'canary' | 'requests'>, weight: number): boolean {
  const { canary, requests } = seen;
  if (requests < LEAST_REQUESTS) return false;
  const expected = weight / 100;
  const { from, to } = shareInterval(canary, requests);
  const isOutside = expected < from || expected > to;
  return isOutside && Math.abs(canary / requests - expected) > LEAST_DIFFERENCE * expected;
}

/** Fewer say nothing that could not be chance. */
const LEAST_REQUESTS = 100;
/** Of the expected share. */
const LEAST_DIFFERENCE = 0.1;

/**
 * The shares from 0 to 1 that `found` of `requests` may come from: Wilson's score interval at 99.9 %
 * (E. B. Wilson, JASA 22, 1927), which keeps its word for small shares too, where the usual interval
 * does not (Brown, Cai, DasGupta, Statistical Science 16, 2001). `requests` is above 0.
 */
export function shareInterval(found: number, requests: number): { from: number; to: number } {
  const share = Math.min(1, Math.max(0, found / requests));
  const z2n = Z ** 2 / requests;
  const middle = share + z2n / 2;
  const half = Math.sqrt(z2n * (share * (1 - share) + z2n / 4));
  return { from: (middle - half) / (1 + z2n), to: (middle + half) / (1 + z2n) };
}

/** The normal distribution has 0.05 % above it. */
const Z = 3.290_526_731_491_9;

function whose(strays: readonly CallerSplit[]): string {
  if (strays.length === 0) return '';
  const named = strays.slice(0, MOST_NAMED).map(nameText);
  const more = strays.length > MOST_NAMED ? ` and ${strays.length - MOST_NAMED} more` : '';
  return `; these callers go past its routes: ${named.join(', ')}${more}`;
}

const MOST_NAMED = 5;

function nameText(caller: CallerSplit): string {
  const name = caller.name === 'unknown' ? 'callers without a sidecar' : caller.name;
  return `${name} (${shareText(caller)})`;
}

/** `12 % of 2310`. */
function shareText({ canary, requests }: Pick<SplitSeen, 'canary' | 'requests'>): string {
  const percent = (100 * canary) / requests;
  return `${Number(percent.toPrecision(2))} % of ${Math.round(requests)}`;
}

function byRequests(a: CallerSplit, b: CallerSplit): number {
  return b.requests - a.requests || a.name.localeCompare(b.name);
}

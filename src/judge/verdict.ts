import type { Canary } from '../api/canary.ts';
import type { Verdict } from '../decide/observation.ts';
import type { StepEvidence } from '../ports/split.ts';
import type { Counts } from '../ports/telemetry.ts';
import { judgedOf, type Judged } from './checks.ts';
import { countsText, quantity } from './quantities.ts';
import { splitProblem } from './split.ts';

/**
 * What the measurements, one a metric and in their order, say about the canary: one failing check fails it; without one, a check
 * that has no evidence holds it, and so do requests that were not divided as its weight demands: what
 * passed may not have met it. The line says why with the numbers of both versions, as in
 * `FAIL: request-success-rate 94.2 % (14 of 240 failed) < 99 %; primary 99.9 % (3 of 4560 failed)`.
 */
export function judge(canary: Canary, { measured, split }: StepEvidence): Verdict {
  const judged = judgedOf(canary, measured);
  const deciding = judged.filter(({ decides }) => decides);
  const outcome = outcomeOf(deciding);
  const doubt = outcome === 'pass' ? splitProblem(canary, split) : undefined;
  if (doubt !== undefined) {
    return { outcome: 'hold', checks: judged.map(({ check }) => check), line: `HOLD: ${doubt}` };
  }
  const decisive = deciding.filter(({ check }) => check.outcome === outcome);
  return {
    outcome,
    checks: judged.map(({ check }) => check),
    line: `${outcome.toUpperCase()}: ${shorten(sentence(decisive))}`,
  };
}

function outcomeOf(judged: readonly Judged[]): Verdict['outcome'] {
  const outcomes = judged.map(({ check }) => check.outcome);
  return (['fail', 'hold'] as const).find((outcome) => outcomes.includes(outcome)) ?? 'pass';
}

function sentence(decisive: readonly Judged[]): string {
  if (decisive.length === 0) return 'no metric of the analysis decides';
  // Metrics that lack the same evidence say so in the same words.
  const clauses = [...new Set(decisive.map(({ clause }) => clause))].join(', ');
  const counts = decisive.find((judged) => judged.counts !== undefined)?.counts;
  return counts === undefined ? clauses : `${clauses}; ${primaryText(counts)}`;
}

function primaryText({ primary }: Counts): string {
  if (primary.requests <= 0) return 'primary had no requests';
  const rate = 100 * (1 - primary.bad / primary.requests);
  return `primary ${quantity(rate, '%')}${countsText({ name: 'request-success-rate' }, primary)}`;
}

/** The status holds 1024 characters. */
function shorten(text: string): string {
  return text.length <= 1000 ? text : `${text.slice(0, 997)}...`;
}

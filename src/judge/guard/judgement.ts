import type { Canary } from '../../api/canary.ts';
import { unitsText } from '../../api/counted-units.ts';
import type { GuardRuling } from '../../decide/observation.ts';
import { followsWeight } from './audience.ts';
import { type Evidence, nextSlot } from './follow.ts';
import { lineOf } from './line.ts';
import type { Pinned } from './pins.ts';
import { rule, type Ruling } from './ruling.ts';

/** What the guard says of the rollout now, with its numbers in one line. */
export function judgementOf(
  canary: Canary,
  evidence: Evidence,
  pinned: Pinned,
  now: number,
): GuardRuling {
  const { parameters } = pinned;
  const step = canary.status?.step?.index;
  const said = heeded(
    canary,
    silence(evidence, pinned, now) ?? rule(evidence.state, parameters, step),
  );
  return {
    outcome: said.outcome,
    line: lineOf(said, parameters, unitsText(canary.spec)),
    isSharedOutage: said.outcome === 'hold' && said.why.reason === 'primary-out',
  };
}

/** Who has a cookie stays with a version, whatever its weight: then no traffic is no reason to hold. */
export function heeded(canary: Canary, ruling: Ruling): Ruling {
  const isOfNoWeight = ruling.outcome === 'hold' && ruling.why.reason === 'no-traffic';
  return isOfNoWeight && !followsWeight(canary) ? { outcome: 'pass' } : ruling;
}

/** No block has come for long, though it should have, of a workload that had been sampled. */
function silence(evidence: Evidence, pinned: Pinned, now: number): Ruling | undefined {
  const { seen, conviction } = evidence.state;
  const missing = (['canary', 'primary'] as const).filter((version) => seen[version]);
  const slot = nextSlot(evidence, pinned);
  if (slot === undefined || missing.length === 0 || conviction !== undefined) return undefined;
  if (now + pinned.clockMs - slot.to <= STALE_MS) return undefined;
  return { outcome: 'hold', why: { reason: 'no-samples', missing } };
}

/** Nobody scrapes so seldom, and no sweep takes so long. */
const STALE_MS = 60_000;

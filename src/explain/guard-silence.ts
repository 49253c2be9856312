import type { Canary } from '../api/canary.ts';
import { unitsText } from '../api/counted-units.ts';
import { sitsOut } from '../judge/guard/audience.ts';
import { GUARD_VERSION } from '../judge/guard/parameters.ts';
import type { Pinned } from '../judge/guard/pins.ts';
import { isUnread, type Known } from './known.ts';

/** Why the guard has nothing to show for a rollout, in one sentence. */
export function whyNothing({ canary, counted }: Known, pinned: Pinned | undefined): string {
  const pins = canary.status?.guard;
  if (pins?.sitsOut !== undefined) return `The guard sits out: ${pins.sitsOut}.`;
  if (pins !== undefined && pins.version !== GUARD_VERSION) {
    return `The guard's rules were those of version ${pins.version}; this linnet knows version ${GUARD_VERSION} and replays no other.`;
  }
  if (pinned === undefined) return whyNotPinned(canary);
  if (isUnread(counted)) return `The evidence cannot be replayed: ${counted.why}.`;
  return 'No whole block has been counted yet: no weight was carried for long enough.';
}

function whyNotPinned(canary: Canary): string {
  const { guard } = canary.spec.analysis;
  if (!guard.enabled) return 'The guard is switched off: spec.analysis.guard.enabled is false.';
  if (!guard.errors.enabled && !guard.latency.enabled) {
    return 'The guard compares nothing: spec.analysis.guard switches off errors and latency.';
  }
  const why = sitsOut(canary);
  if (why !== undefined) return `The guard sits out: ${why}.`;
  if (canary.spec.skipAnalysis) return 'Nothing was compared: spec.skipAnalysis is set.';
  return `Nothing was compared: no weight was given to the canary while its ${unitsText(canary.spec)} were counted.`;
}

import type { HookType } from '../api/webhooks.ts';
import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import { isDue, timeOf, type Situation } from './situation.ts';

/** What the webhooks of one type say together. */
export interface Gate {
  readonly open: boolean;
  /** Why it is not open, for people. */
  readonly reason: string;
}

/** Open when every webhook of the type has passed; there may be none. */
export function gate(s: Situation, type: HookType): Gate {
  const wanted = s.analysis.webhooks.filter((hook) => hook.type === type);
  const answers = s.seen.gates.filter((answer) => answer.type === type);
  const closed = wanted
    .map((hook) => answers.find((answer) => answer.name === hook.name))
    .find((answer) => answer?.outcome !== 'passed');
  const missing = answers.length < wanted.length;
  if (wanted.length === 0 || (closed === undefined && !missing)) return { open: true, reason: '' };
  const name = closed?.name ?? wanted[0]?.name ?? type;
  return {
    open: false,
    reason: closed?.message ?? `webhook ${name} (${type}) has not answered yet`,
  };
}

/** A webhook of the type answered that it refuses. */
export function refusal(s: Situation, type: HookType): string | undefined {
  return s.seen.gates.find((answer) => answer.type === type && answer.outcome === 'refused')
    ?.message;
}

/**
 * A webhook that may still take the canary back: what it says is waited for before the canary gets
 * more, and never before it loses what it has.
 */
export function isBrakeUnanswered({ seen }: Situation): boolean {
  return seen.gates.some(({ type, outcome }) => type === 'rollback' && outcome === 'unanswered');
}

/** Which webhooks matter now, each with a name for the attempt that is new whenever it must be asked again. */
export function gatesAsked(
  canary: Canary,
  status: CanaryStatus,
  /** What the target carries; undefined when there is none. */
  revision: string | undefined,
  now: number,
): { type: HookType; attempt: string }[] {
  const { phase, stage, step } = status;
  const at = `${revision}/${step?.index ?? 0}`;
  const due = phase === 'Progressing' && stage === 'analyse' && isDue(step?.dueAt, now);
  const tick = `${at}/${timeOf(step?.dueAt) ?? 0}`;
  const asked: Partial<Record<HookType, string>> = {
    ...(mayStart(status, revision) ? { 'confirm-rollout': `${revision}` } : {}),
    ...(phase === 'Progressing' && stage === 'scale-up'
      ? { 'pre-rollout': `${revision}/${status.startedAt}/${status.failedChecks}` }
      : {}),
    ...(due ? { rollout: tick, rollback: tick, 'confirm-traffic-increase': tick } : {}),
    ...(phase === 'Waiting' ? { rollback: at } : {}),
    ...(phase === 'WaitingPromotion' ? { 'confirm-promotion': at, rollback: at } : {}),
    ...(phase === 'Finalising' && stage === 'scale-down'
      ? { 'post-rollout': `${revision}/post` }
      : {}),
  };
  return (Object.entries(asked) as [HookType, string][])
    .filter(([type]) => canary.spec.analysis.webhooks.some((hook) => hook.type === type))
    .map(([type, attempt]) => ({ type, attempt }));
}

/** A revision is there that has not been taken up, or waits to be. */
function mayStart({ phase, revision }: CanaryStatus, found: string | undefined): boolean {
  if (phase === 'Waiting') return true;
  const idle = phase === 'Initialized' || phase === 'Succeeded' || phase === 'Failed';
  return idle && found !== undefined && found !== revision;
}

import type {
  CanaryStatus,
  Ending,
  HoldCode,
  MessageKind,
  Outcome,
  Phase,
  Severity,
  Stage,
} from '../api/status.ts';
import { heldMs, timeText, type Situation } from './situation.ts';

/** What a rule or phase wants: a change of the plan, and what people should hear of it. */
export interface Move {
  /** Undefined values remove a field. */
  readonly change: Change;
  readonly tell?: Telling;
  /** One line for `status.verdict`. */
  readonly verdict?: string;
}

export type Change = { readonly [K in keyof CanaryStatus]?: CanaryStatus[K] | undefined };

export interface Telling {
  readonly kind: MessageKind;
  readonly severity: Severity;
  readonly text: string;
}

/** Nothing changes. */
export const STAY: Move = { change: {} };

/**
 * Goes to a stage: its clock starts, what the last one waited for is over. A pause stays: only a
 * person ends it, or the end of the rollout.
 */
export function goTo(s: Situation, stage: Stage | undefined, change: Change = {}): Move {
  return {
    change: {
      stage,
      stageSince: stage === undefined ? undefined : timeText(s.now),
      stageDueAt: undefined,
      heldMs: undefined,
      hold: isPaused(s.status) ? s.status.hold : undefined,
      ...change,
    },
  };
}

export function isPaused(status: CanaryStatus): boolean {
  return status.hold?.code === 'paused';
}

/** Enters a phase. */
export function enter(s: Situation, phase: Phase, stage?: Stage, change: Change = {}): Move {
  return goTo(s, stage, { phase, ...change });
}

/** Waits inside a stage until a fixed time. */
export function waitUntil(ms: number): Move {
  return { change: { stageDueAt: timeText(ms) } };
}

/**
 * Holds where it is and says why. Numbers that move in the reason are no reason to write; another
 * reason is, and leaves the hold as old as it was.
 */
export function hold({ status, now }: Situation, code: HoldCode, reason: string): Move {
  if (isPaused(status)) return STAY;
  if (status.hold?.code === code) {
    if (withoutNumbers(status.hold.reason) === withoutNumbers(reason)) return STAY;
    return { change: { hold: { ...status.hold, reason } }, verdict: `HOLD: ${reason}` };
  }
  const heldSoFar = heldMs(status, now);
  return {
    change: {
      hold: { code, reason, since: timeText(now) },
      heldMs: heldSoFar === 0 ? undefined : heldSoFar,
    },
    verdict: `HOLD: ${reason}`,
  };
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+(\.\d+)?/g, '#');
}

/** The hold is over; its time will not count towards the deadline. */
export function holdOver({ status, now }: Situation): Change {
  return status.hold === undefined || isPaused(status)
    ? {}
    : { hold: undefined, heldMs: heldMs(status, now) };
}

/**
 * Stores the intent to end before anything is taken away; the terminal phase, and the message,
 * come only once the cluster conforms (DESIGN section 4).
 */
export function endWith(s: Situation, outcome: Outcome, reason: string): Move {
  const ending: Ending = { outcome, reason };
  return {
    ...enter(s, 'Finalising', 'reset', {
      ending,
      hold: undefined,
      step: { index: s.status.step?.index ?? 0, weight: 0 },
    }),
    verdict: verdictOf(ending),
  };
}

/** What follows the word that a line for people begins with. */
export function reasonIn(line: string): string {
  return line.replace(/^[A-Z]+: /, '');
}

export function verdictOf({ outcome, reason }: Ending): string {
  return `${VERB[outcome]}: ${reason}`;
}

const VERB: Record<Outcome, string> = {
  promoted: 'PROMOTE',
  failed: 'ROLLBACK',
  superseded: 'SUPERSEDED',
  aborted: 'ROLLBACK',
  'primary-stuck': 'STUCK',
};

/** Adds a message to a move. */
export function telling(move: Move, kind: MessageKind, severity: Severity, text: string): Move {
  return { ...move, tell: { kind, severity, text } };
}

import type { Canary } from '../api/canary.ts';
import type { HookType } from '../api/webhooks.ts';

export interface HookAnswer {
  readonly name: string;
  readonly type: HookType;
  /** `unanswered`: not yet for this attempt, or too long ago. `pending`: a gate that says no. */
  readonly outcome: 'passed' | 'refused' | 'pending' | 'unanswered';
  readonly message: string;
}

/**
 * Webhooks of a canary. `ask` answers at once with what is known for this `attempt` (a name that
 * is new for every step) and starts the call in the background when it is not: slow calls never
 * hold a rollback back. An attempt is recorded before its call.
 */
export interface Hooks {
  ask(canary: Canary, type: HookType, attempt: string): Promise<readonly HookAnswer[]>;
}

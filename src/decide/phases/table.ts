import type { Phase } from '../../api/status.ts';
import type { Move } from '../move.ts';
import type { Situation } from '../situation.ts';
import { finalising } from './finalising.ts';
import { idle } from './idle.ts';
import { initializing } from './initializing.ts';
import { progressing } from './progressing.ts';
import { promoting } from './promoting.ts';
import { terminated, terminating } from './terminating.ts';
import { waiting } from './waiting.ts';
import { waitingPromotion } from './waiting-promotion.ts';

/** What each phase does when no rule that holds across phases has spoken. */
export const PHASES: Record<Phase, (situation: Situation) => Move> = {
  Initializing: initializing,
  Initialized: idle,
  Waiting: waiting,
  Progressing: progressing,
  WaitingPromotion: waitingPromotion,
  Promoting: promoting,
  Finalising: finalising,
  Succeeded: idle,
  Failed: idle,
  Terminating: terminating,
  Terminated: terminated,
};

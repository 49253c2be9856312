import type { Canary } from '../api/canary.ts';
import type { Problem } from './workload.ts';

/** Looks whether the alerts of a Canary could be sent, without sending any. */
export interface Alerts {
  /**
   * One problem for each alert that could not; nothing in them is a credential. Undefined when it
   * cannot be told at the moment. No request is made unless a Secret changed since the last look.
   */
  problems(canary: Canary): Promise<readonly Problem[] | undefined>;
}

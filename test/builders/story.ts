import type { Canary } from '../../src/api/canary.ts';
import type { CanaryStatus } from '../../src/api/status.ts';
import { decide } from '../../src/decide/decide.ts';
import { aCanary } from './canary.ts';
import { obedient, PASS, type Around } from './observation.ts';

/**
 * Plays one canary against an obedient cluster, second by second: what happens around it is a
 * function of the plan and the seconds since the beginning.
 */
export class Story {
  canary: Canary;
  second = 0;
  readonly trace: string[] = [];

  constructor(canary: Canary) {
    this.canary = canary;
  }

  get status(): CanaryStatus {
    if (this.canary.status === undefined) throw new Error('nothing was stored yet');
    return this.canary.status;
  }

  /** Decides until nothing changes or `until` holds, at most `seconds` long. */
  play(
    around: Around | ((story: Story) => Around),
    until: (story: Story) => boolean,
    seconds = 600,
  ): this {
    const end = this.second + seconds;
    while (this.second < end) {
      if (this.settle(around, until)) return this;
      this.second += 1;
    }
    throw new Error(`did not happen within ${seconds} s:\n${this.trace.join('\n')}`);
  }

  /** All decisions that follow one another in this very second; true when `until` came to hold. */
  private settle(
    around: Around | ((story: Story) => Around),
    until: (story: Story) => boolean,
  ): boolean {
    for (let i = 0; i < 30; i += 1) {
      const facts = typeof around === 'function' ? around(this) : around;
      const after = decide(this.canary, obedient(this.canary, facts), this.now);
      const isAtRest = after === this.canary.status;
      this.canary = { ...this.canary, status: after };
      this.note(after);
      if (until(this)) return true;
      if (isAtRest) return false;
    }
    throw new Error(`does not come to rest:\n${this.trace.join('\n')}`);
  }

  get now(): number {
    return Date.UTC(2026, 10, 21, 9) + this.second * 1000;
  }

  private note({ phase, stage, canaryWeight }: CanaryStatus): void {
    const line = `${phase}${stage === undefined ? '' : `/${stage}`} ${canaryWeight}`;
    if (this.trace.at(-1) !== line) this.trace.push(line);
  }
}

export const OLD: Around = { revision: 'checkout-old' };
export const NEW: Around = { revision: 'checkout-new', verdict: PASS };
export const NEWER: Around = { revision: 'checkout-newer', verdict: PASS };

/** The story of a canary that was adopted at the old revision. */
export function adopted(canary = aCanary()): Story {
  return new Story(canary).play(OLD, ({ status }) => status.phase === 'Initialized');
}

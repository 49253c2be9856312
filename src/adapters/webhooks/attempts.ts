import type { Attempt, Attempts, Said } from '../../ports/attempts.ts';

/** The record of this process alone; beyond `most` attempts the one not touched longest is forgotten. */
export class ProcessAttempts implements Attempts {
  readonly #known = new Map<string, Attempt>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  read(id: string): Promise<Attempt | undefined> {
    return Promise.resolve(this.#known.get(id));
  }

  begin(id: string, round: number, now: number, until: number): Promise<boolean> {
    const known = this.#known.get(id);
    const isTaken = (known?.callingUntil ?? 0) > now || (known?.round ?? 0) >= round;
    if (!isTaken) this.#remember(id, { round, callingUntil: until, said: known?.said });
    return Promise.resolve(!isTaken);
  }

  finish(id: string, round: number, said: Said): Promise<void> {
    if ((this.#known.get(id)?.round ?? 0) <= round) {
      this.#remember(id, { round, callingUntil: 0, said });
    }
    return Promise.resolve();
  }

  #remember(id: string, attempt: Attempt): void {
    this.#known.delete(id);
    this.#known.set(id, attempt);
    if (this.#known.size <= this.#most) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

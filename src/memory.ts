import { keyText, type CanaryKey } from './ports/canaries.ts';
import type { Problem } from './ports/workload.ts';
import type { AcceptedMessage, Memory } from './ports/world.ts';

interface Remembered {
  accepted: readonly AcceptedMessage[];
  refusals: readonly Problem[];
  preflightAt: number | undefined;
  lookedAt: number | undefined;
}

/** What one process remembers of each canary between two looks. */
export class ProcessMemory implements Memory {
  private readonly byKey = new Map<string, Remembered>();

  accepted(key: CanaryKey): readonly AcceptedMessage[] {
    return this.of(key).accepted;
  }

  /** A provider took a message; kept until it is forgotten with the canary or grows old. */
  accept(key: CanaryKey, message: AcceptedMessage): void {
    const remembered = this.of(key);
    remembered.accepted = [...remembered.accepted.slice(-MOST_ACCEPTED), message];
  }

  refusals(key: CanaryKey): readonly Problem[] {
    return this.of(key).refusals;
  }

  setRefusals(key: CanaryKey, refusals: readonly Problem[]): void {
    this.of(key).refusals = refusals;
  }

  preflightAt(key: CanaryKey): number | undefined {
    return this.of(key).preflightAt;
  }

  setPreflightAt(key: CanaryKey, at: number): void {
    this.of(key).preflightAt = at;
  }

  /** When this process last looked at it, in milliseconds since 1970. */
  lookedAt(key: CanaryKey): number | undefined {
    return this.of(key).lookedAt;
  }

  setLookedAt(key: CanaryKey, at: number): void {
    this.of(key).lookedAt = at;
  }

  /** The Canary is gone. */
  forget(key: CanaryKey): void {
    this.byKey.delete(keyText(key));
  }

  private of(key: CanaryKey): Remembered {
    const text = keyText(key);
    const known = this.byKey.get(text);
    if (known !== undefined) return known;
    const fresh: Remembered = {
      accepted: [],
      refusals: [],
      preflightAt: undefined,
      lookedAt: undefined,
    };
    this.byKey.set(text, fresh);
    return fresh;
  }
}

/** An outbox holds twenty messages, each for a few providers. */
const MOST_ACCEPTED = 100;

import { keyText, type CanaryKey } from './ports/canaries.ts';
import type { Problem } from './ports/workload.ts';
import type { AcceptedMessage, Memory } from './ports/world.ts';

interface Remembered {
  readonly accepted: readonly AcceptedMessage[];
  readonly refusals: readonly Problem[];
  readonly preflightAt: number | undefined;
  readonly farewellAt: number | undefined;
  readonly lookedAt: number | undefined;
}

const NOTHING: Remembered = {
  accepted: [],
  refusals: [],
  preflightAt: undefined,
  farewellAt: undefined,
  lookedAt: undefined,
};

/** What one process remembers of each canary between two looks. */
export class ProcessMemory implements Memory {
  private readonly byKey = new Map<string, Remembered>();

  accepted(key: CanaryKey): readonly AcceptedMessage[] {
    return this.of(key).accepted;
  }

  /** A provider took a message; kept until it is forgotten with the canary or grows old. */
  accept(key: CanaryKey, message: AcceptedMessage): void {
    const before = this.accepted(key);
    this.remember(key, { accepted: [...before.slice(-MOST_ACCEPTED), message] });
  }

  refusals(key: CanaryKey): readonly Problem[] {
    return this.of(key).refusals;
  }

  setRefusals(key: CanaryKey, refusals: readonly Problem[]): void {
    this.remember(key, { refusals });
  }

  preflightAt(key: CanaryKey): number | undefined {
    return this.of(key).preflightAt;
  }

  setPreflightAt(key: CanaryKey, at: number): void {
    this.remember(key, { preflightAt: at });
  }

  farewellAt(key: CanaryKey): number | undefined {
    return this.of(key).farewellAt;
  }

  setFarewellAt(key: CanaryKey, at: number): void {
    this.remember(key, { farewellAt: at });
  }

  /** When this process last looked at it, in milliseconds since 1970. */
  lookedAt(key: CanaryKey): number | undefined {
    return this.of(key).lookedAt;
  }

  setLookedAt(key: CanaryKey, at: number): void {
    this.remember(key, { lookedAt: at });
  }

  /** The Canary is gone. */
  forget(key: CanaryKey): void {
    this.byKey.delete(keyText(key));
  }

  /** Canaries of which anything is remembered. */
  get size(): number {
    return this.byKey.size;
  }

  private of(key: CanaryKey): Remembered {
    return this.byKey.get(keyText(key)) ?? NOTHING;
  }

  private remember(key: CanaryKey, news: Partial<Remembered>): void {
    this.byKey.set(keyText(key), { ...this.of(key), ...news });
  }
}

/** An outbox holds twenty messages, each for a few providers. */
const MOST_ACCEPTED = 100;

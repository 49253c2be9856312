import type { Canary } from '../../src/api/canary.ts';
import type { CanaryStatus, Message } from '../../src/api/status.ts';
import { keyText, type Canaries, type CanaryKey } from '../../src/ports/canaries.ts';
import { aCanary } from './canary.ts';

/** A Canary whose outbox holds these messages, each with its time, number and providers. */
export function owing(
  name: string,
  messages: readonly Pick<Message, 'n' | 'at' | 'owed'>[],
  alerts: readonly string[] = [],
): Canary {
  const status: CanaryStatus = {
    phase: 'Succeeded',
    planVersion: 1,
    canaryWeight: 0,
    failedChecks: 0,
    iterations: 0,
    conditions: [],
    fences: {},
    messages: Math.max(0, ...messages.map(({ n }) => n)),
    outbox: messages.map((message) => ({
      ...message,
      kind: 'promoted',
      severity: 'info',
      text: `${name}: message ${message.n}`,
    })),
  };
  return aCanary({
    metadata: { name, uid: `uid-${name}` },
    analysis: {
      alerts: alerts.map((provider) => ({ name: provider, providerRef: { name: provider } })),
    },
    status,
  });
}

/** The store of one process, and what `decide` does with acknowledgements. */
export class OutboxStore implements Pick<Canaries, 'cached' | 'read' | 'all'> {
  readonly #canaries = new Map<string, Canary>();

  put(...canaries: readonly Canary[]): void {
    for (const canary of canaries) {
      const { namespace, name } = canary.metadata;
      this.#canaries.set(keyText({ namespace, name }), canary);
    }
  }

  remove(key: CanaryKey): void {
    this.#canaries.delete(keyText(key));
  }

  cached(key: CanaryKey): Canary | undefined {
    return this.#canaries.get(keyText(key));
  }

  read(key: CanaryKey): Promise<Canary | undefined> {
    return Promise.resolve(this.cached(key));
  }

  all(): readonly Canary[] {
    return [...this.#canaries.values()];
  }

  /** What is still owed, as `name/n/provider`. */
  owed(): string[] {
    return this.all().flatMap(({ metadata, status }) =>
      (status?.outbox ?? []).flatMap(({ n, owed }) =>
        owed.map((provider) => `${metadata.name}/${n}/${provider}`),
      ),
    );
  }

  /** Stores that these messages were accepted. */
  acknowledge(key: CanaryKey, accepted: readonly { n: number; provider: string }[]): void {
    const canary = this.cached(key);
    if (canary?.status === undefined) return;
    const outbox = (canary.status.outbox ?? [])
      .map((message) => ({
        ...message,
        owed: message.owed.filter(
          (provider) => !accepted.some((a) => a.n === message.n && a.provider === provider),
        ),
      }))
      .filter(({ owed }) => owed.length > 0);
    this.put({ ...canary, status: { ...canary.status, outbox } });
  }
}

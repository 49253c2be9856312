import type { Cluster, Redis } from 'ioredis';
import { connect, type RedisAddress } from './redis-address.ts';
import { RedisHealth, withDeadline } from './redis-health.ts';

/** A Redis that may be away at any time: whoever asks hears so soon, and goes on without. */
export class PatientRedis {
  readonly #client: Redis | Cluster;
  readonly #health: RedisHealth;

  constructor(address: RedisAddress) {
    this.#client = connect(address);
    this.#health = new RedisHealth(this.#client);
  }

  get isAnswering(): boolean {
    return this.#health.isAnswering;
  }

  /** Undefined when Redis does not answer: nothing waits for it. */
  async ask<T>(question: (redis: Redis | Cluster) => Promise<T>): Promise<T | undefined> {
    if (!this.#health.isAnswering) return undefined;
    try {
      return await withDeadline(question(this.#client), ANSWER_WITHIN_MS);
    } catch {
      this.#health.doubt();
      return undefined;
    }
  }

  close(): void {
    this.#health.close();
    this.#client.disconnect();
  }
}

const ANSWER_WITHIN_MS = 1000;

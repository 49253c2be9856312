import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { EvidenceStore, StoredEvidence } from '../ports/evidence.ts';
import { PatientRedis } from './patient-redis.ts';
import type { RedisAddress } from './redis-address.ts';

export interface SharedEvidenceOptions {
  readonly redis: RedisAddress;
  /** Of every Redis key: see `keyPrefix`. */
  readonly prefix: string;
  /** Of so many rollouts this process remembers its own; 2000. */
  readonly most?: number;
}

/**
 * Evidence that replicas share through Redis, each block added once; while Redis does not answer, and
 * after it was emptied, what this process has gathered itself.
 */
export class SharedEvidence implements EvidenceStore {
  readonly #redis: PatientRedis;
  readonly #prefix: string;
  readonly #most: number;
  readonly #own = new Map<string, StoredEvidence>();

  constructor({ redis, prefix, most = 2000 }: SharedEvidenceOptions) {
    this.#redis = new PatientRedis(redis);
    this.#prefix = prefix;
    this.#most = most;
  }

  /** Whether other replicas hear of it. */
  get isShared(): boolean {
    return this.#redis.isAnswering;
  }

  async read(id: string, until: number): Promise<StoredEvidence | undefined> {
    const own = this.#own.get(id);
    if (own !== undefined && own.block >= until) return own;
    const text = await this.#redis.ask((redis) => redis.hget(this.#key(id), 'evidence'));
    const shared = text == null ? undefined : evidenceIn(text);
    // What cannot be read would be in the way of what is gathered anew.
    if (text != null && shared === undefined) {
      await this.#redis.ask((redis) => redis.del(this.#key(id)));
    }
    return shared === undefined || (own !== undefined && own.block > shared.block) ? own : shared;
  }

  async advance(
    id: string,
    before: StoredEvidence | undefined,
    next: StoredEvidence,
  ): Promise<boolean> {
    const text = JSON.stringify(next);
    const { block } = next;
    const isNext = await this.#redis.ask((redis) =>
      redis.eval(ADVANCE, 1, this.#key(id), before?.block ?? '', block, text, KEPT_S),
    );
    if (isNext === 0) return false;
    this.#own.delete(id);
    this.#own.set(id, next);
    const [oldest] = this.#own.keys();
    if (this.#own.size > this.#most && oldest !== undefined) this.#own.delete(oldest);
    return true;
  }

  close(): void {
    this.#redis.close();
  }

  #key(id: string): string {
    return `${this.#prefix}:guard:${createHash('sha256').update(id).digest('base64url')}`;
  }
}

/**
 * Each block extends it. Of rollouts that are over nobody asks any more, and they would be most of what
 * Redis holds; of one whose blocks stood still for longer it is read again.
 */
const KEPT_S = 900;

/**
 * Sets the evidence to what follows from a block, unless somebody has come further: then those
 * blocks are in it already. Emptied or set back, Redis takes what comes.
 */
const ADVANCE = `
local known = redis.call('HGET', KEYS[1], 'block')
if known and (ARGV[1] == '' or tonumber(known) > tonumber(ARGV[1])) then return 0 end
redis.call('HSET', KEYS[1], 'block', ARGV[2], 'evidence', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
`;

const Evidence = z.object({ block: z.number(), shifts: z.number(), state: z.unknown() });

/** Undefined where it is damaged: then it is gathered anew. */
function evidenceIn(text: string): StoredEvidence | undefined {
  try {
    const { data } = Evidence.safeParse(JSON.parse(text));
    return data && { block: data.block, shifts: data.shifts, state: data.state };
  } catch {
    return undefined;
  }
}

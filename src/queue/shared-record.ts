import { createHash } from 'node:crypto';
import type { Attempt, Attempts, Said } from '../ports/attempts.ts';
import { PatientRedis } from './patient-redis.ts';
import type { RedisAddress } from './redis-address.ts';

/** Something that others feel: it must be done once. */
export type Effect = 'message' | 'hook';

export interface SharedRecordOptions {
  readonly redis: RedisAddress;
  /** Of every Redis key: see `keyPrefix`. */
  readonly prefix: string;
  /** The record of this process alone, which counts while Redis does not answer. */
  readonly own: Attempts;
  /** Told of an effect that another replica, or this one, has had before. */
  readonly onDoubled: (effect: Effect, id: string) => void;
}

/**
 * What replicas tell one another of what they did outside the cluster: webhooks they call, messages
 * they delivered. Like everything in Redis it may be lost: then a webhook is called once more.
 */
export class SharedRecord implements Attempts {
  readonly #options: SharedRecordOptions;
  readonly #redis: PatientRedis;

  constructor(options: SharedRecordOptions) {
    this.#options = options;
    this.#redis = new PatientRedis(options.redis);
  }

  /** Whether other replicas hear of it; while Redis is away this process goes by its own record. */
  get isShared(): boolean {
    return this.#redis.isAnswering;
  }

  /** What all replicas know, or this one, whichever is more. */
  async read(id: string): Promise<Attempt | undefined> {
    const own = await this.#options.own.read(id);
    const text = await this.#redis.ask((redis) => redis.hgetall(this.#key('attempt', id)));
    const shared = text === undefined ? undefined : attemptOf(text);
    if (shared === undefined || own === undefined) return shared ?? own;
    return own.round > shared.round ? own : shared;
  }

  async begin(id: string, round: number, now: number, until: number): Promise<boolean> {
    const isFirst = await this.#redis.ask((redis) =>
      redis.eval(BEGIN, 1, this.#key('attempt', id), round, now, until, KEPT_S),
    );
    if (isFirst !== undefined && isFirst !== 1) return false;
    return this.#options.own.begin(id, round, now, until);
  }

  async finish(id: string, round: number, said: Said): Promise<void> {
    await this.#options.own.finish(id, round, said);
    const text = JSON.stringify(said);
    await this.#redis.ask((redis) =>
      redis.eval(FINISH, 1, this.#key('attempt', id), round, text, KEPT_S),
    );
    await this.done('hook', `${id}/${round}`);
  }

  /** Takes note of an effect that this process has just had, and tells if somebody had it before. */
  async done(effect: Effect, id: string): Promise<void> {
    const key = this.#key(effect, id);
    const noted = await this.#redis.ask(async (redis) => {
      const first = await redis.set(key, 1, 'EX', KEPT_S, 'NX');
      return first === 'OK';
    });
    if (noted === false) this.#options.onDoubled(effect, id);
  }

  close(): void {
    this.#redis.close();
  }

  /** Names of canaries, webhooks and steps may be long, and hold any sign. */
  #key(kind: string, id: string): string {
    return `${this.#options.prefix}:${kind}:${createHash('sha256').update(id).digest('base64url')}`;
  }
}

/** No rollout asks for the same attempt again after a day; after another, nobody is surprised. */
const KEPT_S = 86_400;

const BEGIN = `
local known = redis.call('HMGET', KEYS[1], 'round', 'until')
if tonumber(known[2] or 0) > tonumber(ARGV[2]) or tonumber(known[1] or 0) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'round', ARGV[1], 'until', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
`;

const FINISH = `
local known = redis.call('HGET', KEYS[1], 'round')
if tonumber(known or 0) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'round', ARGV[1], 'until', 0, 'said', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
`;

function attemptOf(fields: Record<string, string>): Attempt | undefined {
  const { round, until, said } = fields;
  if (round === undefined) return undefined;
  return {
    round: Number(round),
    callingUntil: Number(until ?? 0),
    said: said === undefined ? undefined : (JSON.parse(said) as Said),
  };
}

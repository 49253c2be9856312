import type { Place } from './fleet.ts';

/** Pods of each version, and workloads that call it: each pair has its own series. */
export const PODS = 3;
export const CALLERS = 3;
/** Requests that one caller sends in a second, for each pod of a version. */
const RATE = 5;

/** From then on a share of the requests meets the canary. */
interface Turn {
  readonly at: number;
  readonly share: number;
  /** How many met it before. */
  readonly canary: number;
}

/** Requests until some moment; not in whole numbers. */
export interface Requests {
  readonly primary: number;
  readonly canary: number;
  /** Of those of the canary. */
  readonly failed: number;
}

/**
 * Everybody's requests, divided as the routes say: what there is to observe in a mesh that is played.
 * Times are milliseconds since 1970.
 */
export class PlayedTraffic {
  readonly #began = Date.now();
  readonly #turns = new Map<string, Turn[]>();
  readonly #failing = new Set<string>();
  readonly #samples = new Set<number>();
  #failedFrom = Infinity;
  #isStarved = false;

  /** The proxies hear of a weight, in percent. */
  route(name: string, weight: number): void {
    if (!this.#isStarved) this.#turn(name, weight / 100);
  }

  /** From now on every request to these canaries fails. */
  fail(places: readonly Place[]): void {
    this.#failedFrom = Date.now();
    for (const { name } of places) this.#failing.add(name);
  }

  /** From now on no canary gets any, whatever its weight. */
  starve(): void {
    this.#isStarved = true;
    for (const name of this.#turns.keys()) this.#turn(name, 0);
  }

  /** That one pod has had from one caller until then. */
  requests(name: string, at: number): Requests {
    const canary = this.#canary(name, at);
    return { primary: total(at - this.#began) - canary, canary, failed: this.#failed(name, at) };
  }

  /** Times that were asked about since versions fail, each once. */
  get failureSamples(): readonly number[] {
    return [...this.#samples].toSorted((a, b) => a - b);
  }

  #failed(name: string, at: number): number {
    if (!this.#failing.has(name) || at <= this.#failedFrom) return 0;
    this.#samples.add(at);
    return this.#canary(name, at) - this.#canary(name, this.#failedFrom);
  }

  #turn(name: string, share: number): void {
    const at = Date.now();
    const turns = this.#turns.get(name) ?? [];
    turns.push({ at, share, canary: this.#canary(name, at) });
    this.#turns.set(name, turns);
  }

  #canary(name: string, until: number): number {
    const turn = this.#turns.get(name)?.findLast(({ at }) => at <= until);
    return turn === undefined ? 0 : turn.canary + turn.share * total(until - turn.at);
  }
}

function total(ms: number): number {
  return (Math.max(0, ms) / 1000) * RATE;
}

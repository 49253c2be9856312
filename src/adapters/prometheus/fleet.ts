import type { Canary } from '../../api/canary.ts';
import { keyOf, keyText } from '../../ports/canaries.ts';
import { ISTIO_SERIES } from '../../ports/mesh-series.ts';
import type { Reach } from '../../ports/reach.ts';
import type { WorkloadNames } from '../../ports/telemetry.ts';
import { type ClientOptions, createClient } from './client.ts';
import { Sweeper, type SweeperOptions } from './sweep.ts';
import { type Watched, watchedOf } from './watched.ts';

/** Workloads of both versions, where the Canary alone does not tell them (version mode). */
export type WorkloadsOf = (canary: Canary) => WorkloadNames | undefined;

export interface FleetOptions extends Omit<SweeperOptions, 'client'> {
  /** The server of canaries that name none. Its credentials go nowhere else. */
  readonly server: ClientOptions;
  readonly workloadsOf: WorkloadsOf;
  /** Where the servers of canaries that name one may be; everywhere without it. */
  readonly reach: Reach | undefined;
}

export interface WatchedBy {
  readonly sweeper: Sweeper;
  readonly watched: Watched;
}

/** One sweeper for each Prometheus, and the canaries that it watches. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #sweepers = new Map<string, Sweeper>();
  #active: ReadonlyMap<string, Canary> = new Map();
  /** Canaries that somebody asked about, and when. */
  readonly #asked = new Map<string, { canary: Canary; at: number }>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Sweepers that have something to watch. */
  get sweepers(): readonly Sweeper[] {
    return [...this.#sweepers.values()].filter(({ watched }) => watched.length > 0);
  }

  setActive(canaries: readonly Canary[]): void {
    this.#active = new Map(canaries.map((canary) => [keyText(keyOf(canary)), canary]));
  }

  /** The Canary is gone: nothing of it is swept or kept. */
  forget(key: string): void {
    this.#asked.delete(key);
    this.#active = new Map([...this.#active].filter(([active]) => active !== key));
    for (const sweeper of this.#sweepers.values()) {
      sweeper.watched = sweeper.watched.filter((watched) => watched.key !== key);
    }
  }

  /** Who sweeps a canary. Whoever is asked about is swept for a while, active or not. */
  watch(canary: Canary, now: number): WatchedBy {
    const key = keyText(keyOf(canary));
    const isNew = !this.#active.has(key) && !this.#asked.has(key);
    this.#asked.set(key, { canary, at: now });
    const sweeper = this.sweeperOf(canary);
    const watched = watchedOf(canary, this.#options.workloadsOf(canary));
    if (isNew) sweeper.watched = [...sweeper.watched, watched];
    return { sweeper, watched };
  }

  async sweep(now: number): Promise<void> {
    this.#assign(now);
    await Promise.all(this.sweepers.map((sweeper) => sweeper.sweep(now)));
  }

  sweeperOf({ spec }: Canary): Sweeper {
    return this.#sweeperAt(spec.metricsServer ?? this.#options.server.url);
  }

  /** Of the server that is meant where none is named. */
  defaultSweeper(): Sweeper {
    return this.#sweeperAt(this.#options.server.url);
  }

  close(): void {
    for (const { client } of this.#sweepers.values()) client.close();
    this.#sweepers.clear();
  }

  #sweeperAt(url: string): Sweeper {
    const { server, reach, deadlineMs, random, onSweep } = this.#options;
    const known = this.#sweepers.get(url);
    if (known !== undefined) return known;
    const { series = ISTIO_SERIES } = server;
    const client = createClient({
      timeoutMs: SWEEP_QUERY_MS,
      ...(url === server.url ? server : { url, reach, series }),
    });
    const deadline = deadlineMs === undefined ? {} : { deadlineMs };
    const sweeper = new Sweeper({ client, random, onSweep, ...deadline });
    this.#sweepers.set(url, sweeper);
    return sweeper;
  }

  /** Deals the canaries out to their sweepers, and lets go of servers that nobody names any more. */
  #assign(now: number): void {
    for (const [key, { at }] of this.#asked) if (at < now - ASKED_MS) this.#asked.delete(key);
    const asked = [...this.#asked].map(([key, { canary }]) => [key, canary] as const);
    const canaries = new Map([...asked, ...this.#active]);
    const lists = new Map<Sweeper, Watched[]>();
    for (const canary of canaries.values()) {
      const sweeper = this.sweeperOf(canary);
      const list = lists.get(sweeper) ?? [];
      list.push(watchedOf(canary, this.#options.workloadsOf(canary)));
      lists.set(sweeper, list);
    }
    for (const [url, sweeper] of this.#sweepers) {
      sweeper.watched = lists.get(sweeper) ?? [];
      if (sweeper.watched.length > 0 || url === this.#options.server.url) continue;
      sweeper.client.close();
      this.#sweepers.delete(url);
    }
  }
}

const ASKED_MS = 300_000;

/** Queries of a sweep may be long, and nobody waits for them alone. */
const SWEEP_QUERY_MS = 20_000;

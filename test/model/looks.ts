import type { LocalStore } from '../../src/ports/cluster.ts';
import type { Contents } from './contents.ts';
import { slicesOf } from './endpoints.ts';
import { Desk, Look } from './look.ts';
import type { Answer, Request } from './requests.ts';
import type { Weakness } from './rules.ts';
import { SLOTS, slotOf } from './slots.ts';

/** A point between two steps of a look: what it has been told so far, and what it asks now. */
export interface Point {
  readonly id: number;
  /** What the local store held when it began, by slot. */
  readonly start: readonly number[];
  /** Undefined at the beginning. */
  readonly before: Told | undefined;
  /** Ticks since it began, as of its last answer. */
  readonly elapsed: number;
  /** How many versions of each slot it has read, but for the first. */
  readonly tokens: readonly number[];
  /** Content of the Canary that it has stored; 0 before. */
  readonly stored: number;
  /** What the metrics store said last. */
  readonly measured: Evidence | undefined;
  readonly requests: readonly Request[];
  /** How it ended; undefined while it asks for something. */
  readonly end: string | undefined;
}

export type Evidence = 'good' | 'bad' | 'missing';

/** An answer on the way from one point to the next. */
export interface Told {
  readonly from: Point;
  readonly index: number;
  readonly answer: Answer;
}

/** What an answer changes of what a look is known to know. */
export type Learned = Pick<Point, 'elapsed' | 'tokens' | 'stored' | 'measured'>;

/**
 * All looks that any replica ever takes, as a tree: a look is a function of its local store and the
 * answers it gets, so each is executed once and remembered. What was executed last goes on from where
 * it stands; others are executed again up to where they part.
 */
export class Looks {
  readonly points: Point[] = [];
  executed = 0;
  readonly #contents: Contents;
  readonly #weakness: Weakness | undefined;
  readonly #desk = new Desk();
  readonly #begun = new Map<string, number>();
  readonly #next: Map<string, number>[] = [];
  readonly #standing = new Map<number, Look>();

  constructor(contents: Contents, weakness: Weakness | undefined) {
    this.#contents = contents;
    this.#weakness = weakness;
  }

  /** Undefined: never executed yet; `begin` does it. */
  begun(start: readonly number[]): Point | undefined {
    const id = this.#begun.get(start.join());
    return id === undefined ? undefined : this.points[id];
  }

  async begin(start: readonly number[]): Promise<void> {
    const look = await this.#execute(start);
    const learned = { elapsed: 0, tokens: start.map(() => 0), stored: 0, measured: undefined };
    this.#begun.set(start.join(), this.#keep(look, start, undefined, learned).id);
  }

  /** Undefined: never executed yet; `go` does it. */
  gone(from: Point, key: string): Point | undefined {
    const id = this.#next[from.id]?.get(key);
    return id === undefined ? undefined : this.points[id];
  }

  /** `key` names the answer among all that could be given at this point. */
  async go(key: string, told: Told, learned: Learned): Promise<void> {
    const { from, index, answer } = told;
    const look = await this.#standingAt(from);
    await look.answer(index, answer, learned.elapsed);
    this.executed += 1;
    const point = this.#keep(look, from.start, told, learned);
    this.#next[from.id]!.set(key, point.id);
  }

  #keep(look: Look, start: readonly number[], before: Told | undefined, learned: Learned): Point {
    const requests = look.pending.map(({ request }) => request);
    const id = this.points.length;
    const end = look.end ?? (requests.length === 0 ? 'threw: it waits for nothing' : undefined);
    const point: Point = { id, start, before, ...learned, requests, end };
    this.points.push(point);
    this.#next.push(new Map());
    if (end === undefined) this.#stand(id, look);
    return point;
  }

  #stand(id: number, look: Look): void {
    this.#standing.set(id, look);
    for (const oldest of this.#standing.keys()) {
      if (this.#standing.size <= MOST_STANDING) return;
      this.#standing.delete(oldest);
    }
  }

  async #standingAt(point: Point): Promise<Look> {
    const standing = this.#standing.get(point.id);
    if (standing !== undefined) {
      this.#standing.delete(point.id);
      return standing;
    }
    const look = await this.#execute(point.start);
    const way: { told: Told; elapsed: number }[] = [];
    for (let at = point; at.before !== undefined; at = at.before.from) {
      way.push({ told: at.before, elapsed: at.elapsed });
    }
    for (const { told, elapsed } of way.toReversed()) {
      await look.answer(told.index, told.answer, elapsed);
    }
    return look;
  }

  async #execute(start: readonly number[]): Promise<Look> {
    this.executed += 1;
    return Look.begin(this.#storeOf(start), this.#desk, this.#weakness);
  }

  #storeOf(start: readonly number[]): LocalStore {
    const read = (slot: number) => this.#contents.asRead(start[slot]!, FIRST_VERSION, 0);
    return {
      get(kind, _namespace, name) {
        const slot = slotOf(kind, name);
        return slot === undefined ? undefined : read(slot);
      },
      list: (kind) =>
        kind.kind === 'EndpointSlice'
          ? slicesOf((slot) => this.#contents.object(start[slot]!))
          : SLOTS.flatMap((one, slot) => (one.kind.kind === kind.kind ? (read(slot) ?? []) : [])),
    };
  }
}

const MOST_STANDING = 3000;

/** Versions are told apart by how they were met: the first is that of the local store. */
const FIRST = 100;
const FIRST_VERSION = String(FIRST);

export function versionOf(token: number): string {
  return String(FIRST + token);
}

export function tokenOf(version: string | undefined): number | undefined {
  return version === undefined ? undefined : Number(version) - FIRST;
}

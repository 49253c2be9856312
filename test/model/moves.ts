import { change, heard } from './changes.ts';
import type { Contents } from './contents.ts';
import { Events } from './events.ts';
import { PODS_CAME, PODS_CHANGED, ROUTES_CHANGED, type Move } from './move.ts';
import type { Laws, Landed } from './laws.ts';
import { tokenOf, type Evidence, type Looks, type Point, type Told } from './looks.ts';
import { isWrite, slotWritten, type Request } from './requests.ts';
import { Responses, type Response } from './responses.ts';
import type { Weakness } from './rules.ts';
import { CANARY, PRIMARY, ROUTES, SLOTS, TARGET } from './slots.ts';
import {
  budgetOf,
  EXCUSED,
  FRESH,
  CACHED,
  isNewestCached,
  LATE,
  LATE_EXCUSED,
  LATE_FRESH,
  LATE_INDEX,
  LATE_PAUSE,
  PAUSE,
  POINT,
  REPLICAS,
  RUNS,
  TAKEN_OFF,
  visible,
  type State,
} from './state.ts';
import { demandedVersion } from './writes.ts';

/** Tells of a state that may follow, and of the law that is broken by it. */
export type Emit = (next: State, move: Move, broken: string | undefined) => void;

/** A look that has to be executed before a state can be explored. */
export type Unknown = () => Promise<void>;

export interface MovesOptions {
  readonly weakness?: Weakness | undefined;
  /** Only one replica is there. */
  readonly isLone?: boolean | undefined;
}

/** All that may happen next in a state of the small world. */
export class Moves {
  readonly #contents: Contents;
  readonly #isLone: boolean;
  readonly #looks: Looks;
  readonly #laws: Laws;
  readonly #responses: Responses;
  readonly #events: Events;
  readonly #unknown: Unknown[] = [];
  #emit: Emit = () => {};

  constructor(
    contents: Contents,
    looks: Looks,
    laws: Laws,
    { weakness, isLone = false }: MovesOptions,
  ) {
    this.#contents = contents;
    this.#isLone = isLone;
    this.#looks = looks;
    this.#laws = laws;
    this.#responses = new Responses(contents, weakness);
    this.#events = new Events(contents, looks);
  }

  /** Emits what may follow. Where looks are met that are not known yet, emits nothing and answers them. */
  from(state: State, emit: Emit): readonly Unknown[] {
    this.#unknown.length = 0;
    const found: Parameters<Emit>[] = [];
    this.#emit = (...next) => found.push(next);
    const running = REPLICAS.find((replica) => state[replica + RUNS] === 1);
    if (running === undefined) this.#anybody(state);
    else this.#goesOn(state, running);
    if (this.#unknown.length === 0) for (const next of found) emit(...next);
    return [...this.#unknown];
  }

  #anybody(state: State): void {
    for (const replica of REPLICAS) {
      if (state[replica + POINT] !== 0) this.#goesOn(state, replica);
      else if (!this.#isLone || isNobodyAtWork(state)) this.#begins(state, replica);
    }
    this.#arrivesLate(state);
    this.#events.from(state, (next, move) => this.#end(next, move, undefined));
  }

  #begins(state: State, replica: number): void {
    const start = SLOTS.map((_, slot) => visible(state, replica, slot));
    const point = this.#looks.begun(start);
    if (point === undefined) {
      this.#unknown.push(() => this.#looks.begin(start));
      return;
    }
    if (point.end !== undefined && !isBroken(point.end)) return;
    const next = state.slice();
    for (const slot of SLOTS.keys()) {
      const cached = state[replica + CACHED + slot]!;
      next[replica + FRESH + slot] = cached === 0 || isNewestCached(cached) ? 1 : 0;
    }
    const reached = this.#reach(next, replica, point);
    if (reached !== undefined) this.#end(next, { kind: 'looks', replica }, brokenAt(reached));
  }

  #goesOn(state: State, replica: number): void {
    const point = this.#looks.points[state[replica + POINT]! - 1]!;
    const request = point.requests[0]!;
    for (const evidence of evidenceFor(state, request)) {
      this.#step(state, replica, point, evidence);
    }
    if (state[replica + RUNS] === 1 && state[budgetOf('pause')]! > 0) {
      const paused = state.slice();
      paused[replica + RUNS] = 0;
      paused[budgetOf('pause')]! -= 1;
      this.#end(paused, { kind: 'pauses', replica, point, request }, undefined);
    }
    const dead = state.slice();
    dead.fill(0, replica + POINT, replica + CACHED);
    this.#end(dead, { kind: 'dies', replica }, undefined);
    const slot = slotWritten(request);
    if (slot === undefined || state[LATE] !== 0 || state[budgetOf('late')] === 0) return;
    const sent = dead.slice();
    sent[budgetOf('late')]! -= 1;
    sent[LATE] = point.id + 1;
    sent[LATE_INDEX] = 0;
    sent[LATE_FRESH] = isUnderNewest(request, state[replica + FRESH + slot]!) ? slot + 1 : 0;
    sent[LATE_EXCUSED] = state[replica + EXCUSED]!;
    sent[LATE_PAUSE] = state[replica + PAUSE]!;
    this.#end(sent, { kind: 'dies sending', replica, point, request }, undefined);
  }

  #step(state: State, replica: number, point: Point, evidence: Evidence): void {
    const elapsed = point.elapsed + state[replica + PAUSE]!;
    const asker = { point, elapsed, fresh: (slot: number) => state[replica + FRESH + slot]! };
    const request = point.requests[0]!;
    const response = this.#responses.to(state, asker, request, evidence);
    const after = this.#after(point, 0, response);
    if (after === undefined) return;
    const next = state.slice();
    if (evidence !== 'good') next[budgetOf(evidence)]! -= 1;
    this.#excuse(next, replica + EXCUSED, request, elapsed);
    next[replica + PAUSE] = 0;
    const excused = next[replica + EXCUSED]!;
    const slot = slotWritten(request)!;
    if (response.after !== undefined) change(next, slot, response.after, this.#contents);
    for (const [known, token] of response.knows) next[replica + FRESH + known] = token + 1;
    const move: Move = { kind: 'step', replica, point, request, response };
    const reached = this.#reach(next, replica, after);
    if (reached === undefined) return;
    if (response.after === undefined) {
      this.#end(next, move, brokenAt(reached));
      return;
    }
    const broken = this.#landed(state, next, slot, request, after, excused) ?? brokenAt(reached);
    for (const { state: one, misses } of heard(next, slot, state[slot]!, replica)) {
      this.#end(one, { ...move, misses }, broken);
    }
  }

  /** The point after an answer; undefined: not executed yet. */
  #after(point: Point, index: number, response: Response): Point | undefined {
    const { learned } = response;
    const key = `${index}/${learned.elapsed}/${response.key}`;
    const after = this.#looks.gone(point, key);
    if (after !== undefined) return after;
    const told: Told = { from: point, index, answer: response.answer };
    this.#unknown.push(() => this.#looks.go(key, told, learned));
    return undefined;
  }

  /** What nobody else changes is answered at once: the steps are what is left. */
  #reach(next: State, replica: number, reached: Point): Point | undefined {
    let point = reached;
    while (point.end === undefined) {
      const index = point.requests.findIndex((request) => !isStep(request));
      if (index < 0) break;
      const asker = {
        point,
        elapsed: point.elapsed,
        fresh: (slot: number) => next[replica + FRESH + slot]!,
      };
      const response = this.#responses.to(next, asker, point.requests[index]!, 'good');
      for (const [known, token] of response.knows) next[replica + FRESH + known] = token + 1;
      const after = this.#after(point, index, response);
      if (after === undefined) return undefined;
      point = after;
    }
    next[replica + RUNS] = 1;
    if (point.end === undefined) next[replica + POINT] = point.id + 1;
    else next.fill(0, replica + POINT, replica + CACHED);
    return point;
  }

  /** Whoever has looked at something is not to blame for what became of it a moment later. */
  #excuse(next: State, at: number, request: Request, elapsed: number): void {
    if (request.verb === 'read' && request.slot === TARGET)
      next[at]! &= ~(PODS_CHANGED | PODS_CAME);
    if (request.verb === 'read' && request.slot === ROUTES) next[at]! &= ~ROUTES_CHANGED;
    if (request.verb === 'store' && elapsed >= TOO_LATE) next[at]! &= PODS_CAME;
  }

  #landed(
    before: State,
    after: State,
    slot: number,
    request: Request,
    point: Point,
    excused: number,
  ): string | undefined {
    const landed: Landed = {
      before,
      after,
      slot,
      request,
      point,
      excused: {
        pods: (excused & PODS_CHANGED) !== 0,
        routes: (excused & ROUTES_CHANGED) !== 0,
        lateness: (excused & PODS_CAME) !== 0,
      },
    };
    const broken = this.#laws.brokenBy(landed);
    if (slot === ROUTES) {
      const { stamp } = this.#contents.facts(after[ROUTES]!);
      if (stamp >= after[TAKEN_OFF]!) after[TAKEN_OFF] = 0;
    }
    return broken;
  }

  #arrivesLate(state: State): void {
    if (state[LATE] === 0) return;
    const point = this.#looks.points[state[LATE]! - 1]!;
    const request = point.requests[state[LATE_INDEX]!]!;
    const slot = slotWritten(request)!;
    const elapsed = point.elapsed + state[LATE_PAUSE]!;
    const demanded = demandedToken(request);
    const fresh = (one: number) => (state[LATE_FRESH] === one + 1 ? demanded + 1 : 0);
    const response = this.#responses.to(state, { point, elapsed, fresh }, request, 'good');
    const next = state.slice();
    next.fill(0, LATE, LATE + 5);
    const move: Move = { kind: 'late', point, request, response };
    if (response.after === undefined) {
      this.#end(next, move, undefined);
      return;
    }
    change(next, slot, response.after, this.#contents);
    const broken = this.#landed(state, next, slot, request, point, state[LATE_EXCUSED]!);
    for (const { state: one, misses } of heard(next, slot, state[slot]!, undefined)) {
      this.#end(one, { ...move, misses }, broken);
    }
  }

  #end(next: State, move: Move, broken: string | undefined): void {
    this.#emit(next, move, broken ?? this.#laws.brokenIn(next));
  }
}

function isNobodyAtWork(state: State): boolean {
  return REPLICAS.every((replica) => state[replica + POINT] === 0);
}

/** Two ticks are more than the 10 s of DESIGN section 5. */
const TOO_LATE = 2;

/** The token of the version that a write demands; the first, where it demands none. */
function demandedToken(request: Request): number {
  return isWrite(request) ? (tokenOf(demandedVersion(request)) ?? 0) : 0;
}

function isUnderNewest(request: Request, fresh: number): boolean {
  return fresh === demandedToken(request) + 1;
}

function isStep(request: Request): boolean {
  if (request.verb === 'list') return false;
  if (request.verb !== 'read') return true;
  return [CANARY, TARGET, PRIMARY, ROUTES].includes(request.slot);
}

function evidenceFor(state: State, { verb }: Request): readonly Evidence[] {
  if (verb !== 'measure') return ['good'];
  const able = (['bad', 'missing'] as const).filter((one) => state[budgetOf(one)]! > 0);
  return ['good', ...able];
}

function brokenAt({ end }: Point): string | undefined {
  return end !== undefined && isBroken(end) ? end : undefined;
}

function isBroken(end: string): boolean {
  return end.startsWith('threw') || /^(400|422|403)/.test(end);
}

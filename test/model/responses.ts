import { ClusterError } from '../../src/ports/cluster.ts';
import type { Contents } from './contents.ts';
import { slicesOf } from './endpoints.ts';
import { measurementOf } from './evidence.ts';
import { tokenOf, versionOf, type Evidence, type Learned, type Point } from './looks.ts';
import { conflictOn, slotWritten, type Answer, type Request, type Write } from './requests.ts';
import type { Weakness } from './rules.ts';
import { APEX, PRIMARY, slotText, TARGET } from './slots.ts';
import type { State } from './state.ts';
import { demandedVersion, Writes } from './writes.ts';

/** What the world answers to one request in one state. */
export interface Response {
  /** Names the answer among all that could be given to this request. */
  readonly key: string;
  readonly answer: Answer;
  /** What becomes of the slot that is written; undefined: nothing is. */
  readonly after: number | undefined;
  /** Versions that are the newest and that the look now knows, by their tokens. */
  readonly knows: readonly (readonly [slot: number, token: number])[];
  readonly learned: Learned;
  /** For the story. */
  readonly outcome: string;
}

/** Who asks: where its look stands, and how much later it is. */
export interface Asker {
  readonly point: Point;
  readonly elapsed: number;
  /** The token of the slot's newest version, plus one; 0 when it has not read that one. */
  readonly fresh: (slot: number) => number;
}

/** The API server and the metrics store of the small world. */
export class Responses {
  readonly #contents: Contents;
  readonly #writes: Writes;
  readonly #weakness: Weakness | undefined;

  constructor(contents: Contents, weakness: Weakness | undefined) {
    this.#contents = contents;
    this.#writes = new Writes(contents, weakness);
    this.#weakness = weakness;
  }

  to(state: State, asker: Asker, request: Request, evidence: Evidence): Response {
    switch (request.verb) {
      case 'read':
        return this.#read(state, asker, request.slot);
      case 'endpoints':
        return this.#endpoints(state, asker);
      case 'list':
        return this.#list(state, asker, request.slots);
      case 'measure':
        return this.#measured(asker, evidence);
      default:
        return this.#written(state, asker, request);
    }
  }

  #read(state: State, asker: Asker, slot: number): Response {
    const { id, token } = readOf(state, asker, slot);
    return {
      key: `${id}.${token}`,
      answer: this.#contents.asRead(id, versionOf(token), asker.elapsed),
      after: undefined,
      knows: [[slot, token]],
      learned: learnedBy(asker, [[slot, token]]),
      outcome: 'read',
    };
  }

  #endpoints(state: State, asker: Asker): Response {
    const slots = [TARGET, PRIMARY, APEX, APEX + 1, APEX + 2];
    return {
      key: slots.map((slot) => state[slot]).join(),
      answer: slicesOf((slot) => this.#contents.object(state[slot]!)),
      after: undefined,
      knows: [],
      learned: learnedBy(asker, []),
      outcome: 'read',
    };
  }

  #list(state: State, asker: Asker, slots: readonly number[]): Response {
    const reads = slots.map((slot) => ({ slot, ...readOf(state, asker, slot) }));
    const knows = reads.map(({ slot, token }) => [slot, token] as const);
    return {
      key: reads.map(({ id, token }) => `${id}.${token}`).join(),
      answer: reads.flatMap(
        ({ id, token }) => this.#contents.asRead(id, versionOf(token), asker.elapsed) ?? [],
      ),
      after: undefined,
      knows,
      learned: learnedBy(asker, knows),
      outcome: 'read',
    };
  }

  #measured(asker: Asker, evidence: Evidence): Response {
    return {
      key: evidence,
      answer: measurementOf(evidence),
      after: undefined,
      knows: [],
      learned: { ...learnedBy(asker, []), measured: evidence },
      outcome: evidence,
    };
  }

  #written(state: State, asker: Asker, request: Write): Response {
    const slot = slotWritten(request)!;
    const before = state[slot]!;
    const refused = this.#refusal(request, slot, before, asker);
    if (refused !== undefined) return failed(asker, refused);
    const after = this.#writes.after(request, slot, before, asker.elapsed);
    const known = asker.fresh(slot);
    const token = after === before && known > 0 ? known - 1 : asker.point.tokens[slot]! + 1;
    const learned = learnedBy(asker, [[slot, token]]);
    return {
      key: `${after}.${token}`,
      answer: this.#contents.asRead(after, versionOf(token), asker.elapsed),
      after: after === before ? undefined : after,
      knows: [[slot, token]],
      learned: request.verb === 'store' ? { ...learned, stored: after } : learned,
      outcome: after === before ? 'changes nothing' : 'takes effect',
    };
  }

  #refusal(
    request: Write,
    slot: number,
    before: number,
    { fresh }: Asker,
  ): ClusterError | undefined {
    if (request.verb === 'create') return before === 0 ? undefined : alreadyThere(slot);
    if (before === 0) return request.verb === 'delete' ? undefined : notFound(slot);
    const token = tokenOf(demandedVersion(request));
    if (token === undefined || fresh(slot) === token + 1) return undefined;
    const ignored = request.verb === 'store' ? 'no version on store' : 'no version on writes';
    return this.#weakness === ignored ? undefined : conflictOn(slot);
  }
}

function readOf(
  state: State,
  { fresh, point }: Asker,
  slot: number,
): { id: number; token: number } {
  const known = fresh(slot);
  return { id: state[slot]!, token: known > 0 ? known - 1 : point.tokens[slot]! + 1 };
}

function learnedBy(
  { point, elapsed }: Asker,
  knows: readonly (readonly [slot: number, token: number])[],
): Learned {
  const tokens = [...point.tokens];
  for (const [slot, token] of knows) tokens[slot] = Math.max(tokens[slot]!, token);
  return { elapsed, tokens, stored: point.stored, measured: point.measured };
}

function failed(asker: Asker, error: ClusterError): Response {
  return {
    key: error.reason,
    answer: error,
    after: undefined,
    knows: [],
    learned: learnedBy(asker, []),
    outcome: error.reason === 'Conflict' ? 'is refused: a newer version is there' : error.reason,
  };
}

function alreadyThere(slot: number): ClusterError {
  return new ClusterError(slotText(slot), { code: 409, reason: 'AlreadyExists' });
}

function notFound(slot: number): ClusterError {
  return new ClusterError(slotText(slot), { code: 404, reason: 'NotFound' });
}

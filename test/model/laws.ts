import { isDeepStrictEqual } from 'node:util';
import { FENCED, type CanaryStatus } from '../../src/api/status.ts';
import type { TargetIntent } from '../../src/ports/intent.ts';
import { intentOf } from '../../src/decide/intent.ts';
import { parseCanary } from '../../src/api/parse.ts';
import type { Canary } from '../../src/api/canary.ts';
import { fenceOf, type Contents } from './contents.ts';
import type { Evidence, Point } from './looks.ts';
import type { Request } from './requests.ts';
import { CANARY, PINNED, PRIMARY, ROUTES, SLOTS, slotText, TARGET } from './slots.ts';
import { budgetOf, LAG, TAKEN_OFF, type Mishap, type State } from './state.ts';
import { NOW } from './time.ts';
import { letterOf, REVISIONS } from './workload.ts';

/** A write of Linnet that has just taken effect. */
export interface Landed {
  readonly before: State;
  readonly after: State;
  readonly slot: number;
  readonly request: Request;
  readonly point: Point;
  /** Pods, or routes, were changed by others after the writer looked, and not long ago. */
  readonly excused: {
    readonly pods: boolean;
    readonly routes: boolean;
    /** Pods became ready after the writer looked. */
    readonly lateness: boolean;
  };
}

/** The eight laws of DESIGN section 1, as far as they can be seen broken in one step. */
export class Laws {
  readonly #contents: Contents;
  readonly #allowed: Readonly<Record<Mishap, number>>;

  /** `allowed`: what may happen in all, to tell what has happened. */
  constructor(contents: Contents, allowed: Readonly<Record<Mishap, number>>) {
    this.#contents = contents;
    this.#allowed = allowed;
  }

  /** What is wrong with a state, whoever brought it about. */
  brokenIn(state: State): string | undefined {
    const { replicas } = this.#contents.facts(state[TARGET]!);
    const weight = this.#contents.facts(state[ROUTES]!).canaryWeight;
    const sent = Math.max(weight, state[LAG]!);
    if (sent > 0 && replicas === 0) {
      return `law 7: ${sent} % of the traffic go to the canary, which was scaled to nothing`;
    }
    return undefined;
  }

  /** What is wrong with a write. */
  brokenBy(landed: Landed): string | undefined {
    const { slot, after } = landed;
    if (slot === CANARY) return this.#brokenByPlan(landed);
    if (slot >= PINNED) return this.#brokenByUnpinning(landed);
    if (after[slot] === 0) return undefined;
    return (
      this.#isOlderPlan(landed) ??
      foreignLost(this.#contents, landed) ??
      (slot === ROUTES ? this.#raisedTooEarly(landed) : undefined) ??
      (slot === PRIMARY ? this.#wrongTemplate(landed) : undefined)
    );
  }

  #isOlderPlan({ before, after, slot }: Landed): string | undefined {
    const was = this.#contents.facts(before[slot]!).stamp;
    const newest = slot === ROUTES ? Math.max(was, before[TAKEN_OFF]! || -1) : was;
    const { stamp } = this.#contents.facts(after[slot]!);
    if (stamp >= newest) return undefined;
    return `law 4: ${slotText(slot)} was written for plan ${stamp} after plan ${newest} had reached it`;
  }

  #raisedTooEarly({ before, after, point, excused }: Landed): string | undefined {
    const weight = this.#contents.facts(after[ROUTES]!).canaryWeight;
    if (weight <= this.#contents.facts(before[ROUTES]!).canaryWeight || excused.pods)
      return undefined;
    const plan = this.#planOf(point);
    const { ready, podsOf } = this.#contents.facts(after[TARGET]!);
    const needed = Math.max(1, Math.ceil((2 * weight) / 100));
    const revision = letterOf(plan?.revision);
    if (ready >= needed && podsOf === revision) return undefined;
    return `law 7: the canary gets ${weight} %, which needs ${needed} ready pods of revision ${revision}; it has ${ready} of revision ${podsOf}`;
  }

  #wrongTemplate({ before, after }: Landed): string | undefined {
    const { template } = this.#contents.facts(after[PRIMARY]!);
    if (template === this.#contents.facts(before[PRIMARY]!).template || before[PRIMARY] === 0) {
      return undefined;
    }
    const status = this.#statusIn(after);
    const isPromoted = status?.phase === 'Promoting' || status?.ending !== undefined;
    const allowed = [status?.lastPromotedSpec, isPromoted ? status?.revision : undefined];
    if (allowed.map(letterOf).includes(template)) return undefined;
    return `the primary gets revision ${template}, which no plan promotes`;
  }

  /** The plan for which a look writes: what it has stored, or what it found. */
  #planOf(point: Point): CanaryStatus | undefined {
    return this.#contents.facts(point.stored === 0 ? point.start[CANARY]! : point.stored).status;
  }

  #statusIn(state: State): CanaryStatus | undefined {
    return this.#contents.facts(state[CANARY]!).status;
  }

  #brokenByUnpinning({ after, slot }: Landed): string | undefined {
    const status = this.#statusIn(after);
    if (after[slot] !== 0) return undefined;
    const { name, letter } = REVISIONS[slot - PINNED]!;
    const named = [status?.revision, status?.lastPromotedSpec].includes(name);
    return named ? `revision ${letter}, which the status names, is not pinned any more` : undefined;
  }

  #brokenByPlan(landed: Landed): string | undefined {
    const { before, after, request, point } = landed;
    if (request.verb !== 'store') return undefined;
    const [was, is] = [this.#statusIn(before), this.#statusIn(after)];
    if (was === undefined || is === undefined) return undefined;
    return (
      brokenStep(was, is, point.measured) ??
      this.#blamed(landed, was, is) ??
      this.#calledLate(landed, was, is) ??
      olderFences(was, is) ??
      this.#unpinned(after, is) ??
      endToldEarly(request.status as CanaryStatus, is) ??
      this.#endedEarly(landed, was, is)
    );
  }

  #blamed({ before, point }: Landed, was: CanaryStatus, is: CanaryStatus): string | undefined {
    if (is.failedChecks <= was.failedChecks || point.measured === 'bad') return undefined;
    const happened = (mishap: Mishap) => before[budgetOf(mishap)]! < this.#allowed[mishap];
    if (happened('crash') && point.measured !== 'missing') return undefined;
    return `law 6: a failed check is counted, and nothing had failed`;
  }

  /** Pods that are there when their deadline passes are not late. */
  #calledLate({ after, excused }: Landed, was: CanaryStatus, is: CanaryStatus): string | undefined {
    if (was.ending !== undefined || is.ending?.outcome !== 'failed') return undefined;
    if (!is.ending.reason.includes('pods were ready after') || excused.lateness) return undefined;
    const { isSettled, podsOf, ready } = this.#contents.facts(after[TARGET]!);
    if (!isSettled || ready === 0 || podsOf !== letterOf(was.revision)) return undefined;
    return `law 6: "${is.ending.reason}", when ${ready} are`;
  }

  #unpinned(state: State, status: CanaryStatus): string | undefined {
    const named = [status.revision, status.lastPromotedSpec].filter((name) => name !== undefined);
    const missing = named.find((name) => {
      const at = REVISIONS.findIndex((revision) => revision.name === name);
      return state[PINNED + at] === 0;
    });
    return missing && `status names revision ${letterOf(missing)}, which is not pinned`;
  }

  /** Nobody is told of an end before the cluster conforms to it. */
  #endedEarly({ after, excused }: Landed, was: CanaryStatus, is: CanaryStatus): string | undefined {
    if (is.phase === was.phase || !ENDED.has(is.phase) || was.phase !== 'Finalising')
      return undefined;
    const wrong = this.unlike(after).filter((slot) => !(slot === ROUTES && excused.routes));
    if (wrong.length === 0) return undefined;
    return `phase ${is.phase} is stored while ${wrong.map(slotText).join(', ')} is not as the plan demands`;
  }

  /** Slots that are not what the stored plan demands. */
  unlike(state: State): number[] {
    const canary = this.#canaryIn(state);
    const { status } = canary;
    if (status === undefined) return [];
    const intent = intentOf(canary, status);
    const routes = this.#contents.facts(state[ROUTES]!);
    const target = this.#contents.facts(state[TARGET]!);
    const primary = this.#contents.facts(state[PRIMARY]!);
    const isStale = (slot: number) => {
      const { stamp } = this.#contents.facts(state[slot]!);
      return stamp >= 0 && stamp !== (status.fences[fenceOf(slot)] ?? 0);
    };
    const misroutes =
      typeof intent.routes !== 'string' && intent.routes.canaryWeight !== routes.canaryWeight;
    const runsOther =
      intent.primary !== 'untouched' && primary.template !== letterOf(intent.primary.revision);
    return [
      ...(misroutes || isStale(ROUTES) ? [ROUTES] : []),
      ...(isScaledOtherwise(intent.target, target.replicas) || isStale(TARGET) ? [TARGET] : []),
      ...(runsOther ? [PRIMARY] : []),
    ];
  }

  #canaryIn(state: State): Canary {
    const read = parseCanary(this.#contents.asRead(state[CANARY]!, '1', 0));
    if (!read.ok) throw new Error('the Canary of the model is not valid');
    return read.canary;
  }
}

function isScaledOtherwise(intent: TargetIntent, replicas: number): boolean {
  if (intent.replicas === 'untouched') return false;
  return 'mode' in intent && intent.mode === 'exactly'
    ? replicas !== intent.replicas
    : replicas < intent.replicas;
}

const ENDED: ReadonlySet<CanaryStatus['phase']> = new Set(['Succeeded', 'Failed']);

const STEPS = [0, 20, 60];

/** No step is skipped, none is done twice, none is taken without evidence. */
function brokenStep(
  was: CanaryStatus,
  is: CanaryStatus,
  measured: Evidence | undefined,
): string | undefined {
  const [from, to] = [was.step ?? NO_STEP, is.step ?? NO_STEP];
  const isNext = to.index === from.index + 1;
  if (to.index !== from.index && !isNext && to.index !== 0) {
    return `law 3: from step ${from.index} to step ${to.index}`;
  }
  const follows = STEPS[STEPS.indexOf(from.weight) + 1];
  if (is.phase === 'Progressing' && to.weight > from.weight && to.weight !== follows) {
    return `law 3: weight ${to.weight} follows weight ${from.weight}`;
  }
  const promotes = is.phase === 'Promoting' && was.phase === 'Progressing';
  if (promotes && from.weight !== STEPS.at(-1)) return `law 3: promoted at weight ${from.weight}`;
  const isJudged = was.stage === 'analyse' && (promotes || isNext);
  return isJudged ? brokenJudgement(from.dueAt, measured) : undefined;
}

function brokenJudgement(
  dueAt: string | undefined,
  measured: Evidence | undefined,
): string | undefined {
  if (Date.parse(dueAt ?? '') > NOW) return 'law 3: a step is judged too early';
  if (measured === 'good') return undefined;
  return `law 6: it goes on although the evidence is ${measured ?? 'not asked for'}`;
}

const NO_STEP = { index: 0, weight: 0, dueAt: undefined };

function olderFences(was: CanaryStatus, is: CanaryStatus): string | undefined {
  const lower = FENCED.find((name) => (is.fences[name] ?? 0) < (was.fences[name] ?? 0));
  return lower && `law 4: the fence of ${lower} goes down`;
}

function endToldEarly(stored: CanaryStatus, is: CanaryStatus): string | undefined {
  const told = stored.outbox?.find(({ kind }) => kind === 'promoted' || kind === 'failed');
  if (told === undefined || ENDED.has(is.phase)) return undefined;
  return `law 3: "${told.text}" is told in phase ${is.phase}`;
}

/** What users wrote stays, whatever Linnet does with an object (law 8). */
function foreignLost(contents: Contents, { before, after, slot }: Landed): string | undefined {
  if (slot !== ROUTES && slot !== TARGET) return undefined;
  if (before[slot] === 0) return undefined;
  const [was, is] = [before[slot]!, after[slot]!].map((id) => foreignPart(contents.must(id)));
  if (isDeepStrictEqual(was, is)) return undefined;
  return `law 8: ${SLOTS[slot]!.name} lost something that its user wrote`;
}

function foreignPart(object: ReturnType<Contents['must']>): unknown {
  const copy = structuredClone(object) as unknown as {
    metadata: { annotations: Record<string, string> };
    spec: { replicas?: number; http?: { route: { weight?: number }[] }[] };
    status?: unknown;
  };
  delete copy.spec.replicas;
  delete copy.status;
  for (const { weight: _, ...rest } of copy.spec.http?.[0]?.route ?? []) void rest;
  for (const to of copy.spec.http?.[0]?.route ?? []) delete to.weight;
  const { annotations } = copy.metadata;
  for (const name of Object.keys(annotations)) {
    if (name.startsWith('linnet.dev/')) delete annotations[name];
  }
  return copy;
}

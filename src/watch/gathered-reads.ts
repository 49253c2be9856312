import { labelSelector } from '../api/label-selector.ts';
import type { ApiClient, ClusterReader, KubeObject, ResourceKind } from '../ports/cluster.ts';
import type { ObjectStore } from './store.ts';

/**
 * Live reads for many who look at once. Questions about one kind in one namespace that come together
 * are asked together, by one list where that brings little more than what is wanted; what comes
 * while they are answered waits for the next time, but not for long. An answer is never read before
 * its question was asked, which is what a decision that is made twice rests on (DESIGN section 5).
 * `api` must not end its requests with the look of one who asks: others wait for the same answer.
 */
export function gatheredReads(
  api: Pick<ApiClient, 'get' | 'list'>,
  store: Pick<ObjectStore, 'list' | 'holds' | 'accept'>,
): ClusterReader {
  const desks = new Map<string, (question: Question) => Promise<Found>>();

  function ask(kind: ResourceKind, namespace: string, question: Question): Promise<Found> {
    const place = `${kind.group}/${kind.version}/${kind.resource}/${namespace}`;
    const known = desks.get(place);
    if (known !== undefined) return known(question);
    const opened = desk(
      (questions) => answers(kind, namespace, questions),
      () => void desks.delete(place),
    );
    desks.set(place, opened);
    return opened(question);
  }

  function answers(kind: ResourceKind, namespace: string, questions: readonly Question[]): Answers {
    const held = store.holds(kind) ? store.list(kind, namespace) : undefined;
    if (!isOneListEnough(questions, held)) return (question) => alone(kind, namespace, question);
    const list = api.list(kind, { namespace }).then(({ items }) => items);
    return async (question) => (await list).filter(fits(question));
  }

  async function alone(kind: ResourceKind, namespace: string, { name, selector }: Question) {
    if (name === undefined) {
      return (await api.list(kind, { namespace, labelSelector: selector })).items;
    }
    const object = await api.get(kind, namespace, name);
    return object === undefined ? [] : [object];
  }

  return {
    async get(kind, namespace, name) {
      if (namespace === undefined) return api.get(kind, namespace, name);
      const [object] = await ask(kind, namespace, { name });
      if (object !== undefined) store.accept(object);
      return object;
    },
    async list(kind, options = {}) {
      const { namespace, labelSelector: selector } = options;
      if (namespace === undefined) return (await api.list(kind, options)).items;
      return ask(kind, namespace, { selector });
    },
  };
}

/** For one object by name, or for all that a label selector takes; with neither, for all. */
interface Question {
  readonly name?: string | undefined;
  readonly selector?: string | undefined;
}

type Found = readonly KubeObject[];

type Answers = (question: Question) => Promise<Found>;

function fits({ name, selector }: Question): (object: KubeObject) => boolean {
  if (name !== undefined) return ({ metadata }) => metadata.name === name;
  if (selector === undefined) return () => true;
  const matches = labelSelector(selector);
  return ({ metadata }) => matches(metadata.labels);
}

/** `held`: what the local store has there; undefined when it does not watch the kind. */
function isOneListEnough(questions: readonly Question[], held: Found | undefined): boolean {
  const distinct = [...distinctOf(questions).values()];
  if (distinct.some(({ name, selector }) => name === undefined && selector === undefined)) {
    return true;
  }
  if (distinct.length < FEW || held === undefined || held.length > MOST_IN_ONE_LIST) return false;
  const named = distinct.filter(({ name }) => name !== undefined).length;
  const selected = distinct.filter(({ name }) => name === undefined).map(fits);
  const wanted = named + held.filter((object) => selected.some((is) => is(object))).length;
  return held.length <= wanted * MOST_FOR_ONE_WANTED;
}

/** Fewer questions are asked one by one. */
const FEW = 4;
/** A list costs the server about a tenth of a read for each object in it, and us less. */
const MOST_FOR_ONE_WANTED = 8;
/** One page. */
const MOST_IN_ONE_LIST = 500;

function distinctOf(questions: readonly Question[]): Map<string, Question> {
  return new Map(questions.map((question) => [textOf(question), question]));
}

function textOf({ name, selector }: Question): string {
  return name === undefined ? `selector ${selector ?? ''}` : `name ${name}`;
}

/** Takes questions, has all that have come answered at once, and closes when none are left. */
function desk(
  answers: (questions: readonly Question[]) => Answers,
  close: () => void,
): (question: Question) => Promise<Found> {
  let waiting: { question: Question; take: (answer: Promise<Found>) => void }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let underWay = 0;

  function serve(): void {
    clearTimeout(timer);
    timer = undefined;
    const served = waiting;
    waiting = [];
    const questions = served.map(({ question }) => question);
    const answer = answers(questions);
    const each = new Map(
      [...distinctOf(questions)].map(([text, question]) => [text, answer(question)]),
    );
    for (const { question, take } of served) take(each.get(textOf(question)) ?? answer(question));
    underWay += 1;
    void Promise.allSettled(each.values()).then(goOn);
  }

  function goOn(): void {
    underWay -= 1;
    if (waiting.length > 0) serve();
    else if (underWay === 0) close();
  }

  return (question) =>
    new Promise((resolve) => {
      waiting.push({ question, take: resolve });
      timer ??= setTimeout(serve, underWay === 0 ? 0 : LONGEST_WAIT_MS);
    });
}

/** One slow answer must not hold up what is asked after it. */
const LONGEST_WAIT_MS = 100;

/**
 * A path into JSON, the part of RFC 9535 that leads to values by their place: `$.data.rate`,
 * `$['success-rate']`, `$.items[0].value`, `$.items[-1]`, `$.items[*].value`. As Kubernetes and Argo
 * Rollouts write them, it may stand in braces, and `$` may be left out: `{.data.rate}`.
 *
 * @returns the values that it leads to; undefined when the text is no such path.
 */
export function valuesAt(path: string, document: unknown): unknown[] | undefined {
  const steps = stepsOf(path);
  if (steps === undefined) return undefined;
  return steps.reduce<unknown[]>(
    (found, step) => found.flatMap((value) => next(value, step)),
    [document],
  );
}

/** To follow "allowed is". */
export const PATH_SHAPE =
  "a path such as $.data.rate, $['success-rate'], $.items[0].value or $.items[-1], without filters";

/** The name of a member, the index of an element, or all of them. */
type Step = string | number | typeof ALL;
const ALL = Symbol('all');

function stepsOf(path: string): Step[] | undefined {
  const inner = /^\{(.*)\}$/s.exec(path.trim())?.[1] ?? path;
  let rest = inner.trim().replace(/^\$/, '');
  const steps: Step[] = [];
  while (rest !== '') {
    const step = STEP.exec(rest);
    if (step === null) return undefined;
    const { name, single, double, index } = step.groups ?? {};
    const quoted = single ?? double;
    if (name !== undefined) steps.push(name);
    else if (quoted !== undefined) steps.push(quoted.replaceAll(/\\(.)/gs, '$1'));
    else steps.push(index === undefined ? ALL : Number(index));
    rest = rest.slice(step[0].length);
  }
  return steps;
}

const STEP =
  /^(?:\.(?<name>[\p{L}_][\p{L}\p{N}_-]*)|\['(?<single>(?:[^'\\]|\\['\\])*)'\]|\["(?<double>(?:[^"\\]|\\["\\])*)"\]|\[(?<index>-?\d{1,9})\]|\.\*|\[\*\])/u;

function next(value: unknown, step: Step): unknown[] {
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    if (step === ALL) return list;
    const at = typeof step === 'number' ? (step < 0 ? list.length + step : step) : -1;
    return at in list ? [list[at]] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (step === ALL) return Object.values(value);
  return typeof step === 'string' && Object.hasOwn(value, step)
    ? [(value as Record<string, unknown>)[step]]
    : [];
}

/**
 * A label selector as the API takes it: `app=web,tier!=cache,env in (a, b),!legacy`.
 * Throws when it is none.
 */
export function labelSelector(
  text: string,
): (labels: Readonly<Record<string, string>> | undefined) => boolean {
  const terms = text
    .split(/,(?![^()]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map(termOf);
  return (labels = {}) => terms.every((matches) => matches(labels));
}

type Term = (labels: Readonly<Record<string, string>>) => boolean;

const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/;
const PRESENCE = /^(!?)\s*([^\s=!()]+)$/;

function termOf(term: string): Term {
  const [, setKey, operator, list] = SET.exec(term) ?? [];
  if (setKey !== undefined) {
    const values = (list ?? '').split(',').map((value) => value.trim());
    return operator === 'in' ? isOneOf(setKey, values) : isNoneOf(setKey, values);
  }
  const [, key, comparison, value = ''] = EQUALITY.exec(term) ?? [];
  if (key !== undefined)
    return comparison === '!=' ? isNoneOf(key, [value]) : isOneOf(key, [value]);
  const [, not, present] = PRESENCE.exec(term) ?? [];
  if (present === undefined) throw new Error(`'${term}' is not part of a label selector`);
  return (labels) => present in labels === (not === '');
}

function isOneOf(key: string, values: readonly string[]): Term {
  return (labels) => labels[key] !== undefined && values.includes(labels[key]);
}

/** As in the API, an object without the label is none of them too. */
function isNoneOf(key: string, values: readonly string[]): Term {
  return (labels) => labels[key] === undefined || !values.includes(labels[key]);
}

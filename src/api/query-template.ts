import type { Canary } from './canary.ts';
import { parseDuration } from './duration.ts';
import { PRIMARY_SUFFIX } from './names.ts';
import { show } from './problem.ts';

/** What a query may name, as Flagger has it. */
export interface QueryVariables {
  readonly name: string;
  readonly namespace: string;
  readonly target: string;
  readonly service: string;
  readonly ingress: string;
  readonly route: string;
  readonly interval: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** How a query language keeps a value in its place. */
export interface QueryLanguage {
  /**
   * The place at the end of each piece of a query, when the pieces follow each other and what is
   * filled in between them does not change the place.
   */
  placesIn(pieces: readonly string[]): readonly Place[];
}

export interface Place {
  /** A free value as it is written there; undefined where it cannot be said there. */
  quote(value: string): string | undefined;
  /** To follow "allowed is". */
  readonly allowed: string;
}

/** One sentence about a query that cannot be filled in. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Variables of a canary; `interval` is how far back the query looks. */
export function variablesOf(
  canary: Canary,
  interval: string,
  variables: Readonly<Record<string, string>> = {},
): QueryVariables {
  const { targetRef, service, ingressRef, routeRef } = canary.spec;
  return {
    name: canary.metadata.name,
    namespace: canary.metadata.namespace,
    target: targetRef.name,
    service: service?.name ?? targetRef.name,
    ingress: ingressRef?.name ?? targetRef.name,
    route: routeRef?.name ?? targetRef.name,
    interval,
    variables,
  };
}

/** The same for the primary: the workload is another, what leads to both stays. */
export function forPrimary(variables: QueryVariables): QueryVariables {
  return { ...variables, target: variables.target + PRIMARY_SUFFIX };
}

/**
 * Fills in a query. What is filled in stays what it is, a word or the inside of a string: no value
 * can end a string, open a brace or start another query.
 *
 * @throws TemplateError that names the variable.
 */
export function renderQuery(
  query: string,
  variables: QueryVariables,
  language: QueryLanguage,
): string {
  const { text, actions } = split(query);
  const places = language.placesIn(text);
  const filled = text.map((part, i) => {
    const action = actions[i];
    const place = places[i];
    return action === undefined || place === undefined
      ? part
      : part + fill(action, variables, place);
  });
  return filled.join('');
}

/** Text between `{{ actions }}`, one piece more than there are actions. */
function split(query: string): { text: string[]; actions: string[] } {
  const text: string[] = [];
  const actions: string[] = [];
  let rest = query;
  for (;;) {
    const action = ACTION.exec(rest);
    if (action === null) break;
    const before = rest.slice(0, action.index);
    text.push(action[1] === '-' ? before.trimEnd() : before);
    actions.push(action[2] ?? '');
    rest = rest.slice(action.index + action[0].length);
    if (action[3] === '-') rest = rest.trimStart();
  }
  if (rest.includes('{{')) throw new TemplateError(`the query has '{{' without '}}'`);
  return { text: [...text, rest], actions };
}

/** As in Go's templates, a hyphen at a brace takes the blanks beside it away. */
const ACTION = /\{\{(-?)(?:\s+|(?<!-))([^{}]*?)\s*(-?)\}\}/;

function fill(action: string, variables: QueryVariables, place: Place): string {
  if (/^\/\*[\s\S]*\*\/$/.test(action)) return '';
  const key = FREE.exec(action)
    ?.slice(1)
    .find((part) => part !== undefined);
  if (key !== undefined) return fillFree(key, variables.variables, place);
  const name = FIXED.find((known) => known === action);
  if (name === undefined) {
    const known = `${FIXED.join(', ')} and variables.<name>`;
    throw new TemplateError(`the query has ${show(`{{ ${action} }}`)}, known are ${known}`);
  }
  const value = variables[name];
  const isSound = name === 'interval' ? parseDuration(value) !== undefined : NAME.test(value);
  if (!isSound) throw new TemplateError(`the query variable ${name} is ${show(value)}`);
  return value;
}

const FIXED = ['name', 'namespace', 'target', 'service', 'ingress', 'route', 'interval'] as const;
const FREE = /^(?:variables\.([A-Za-z_][A-Za-z0-9_]*)|index\s+variables\s+"([^"\\]*)")$/;

/** Names of Kubernetes' objects need no quoting anywhere. */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

function fillFree(key: string, free: QueryVariables['variables'], place: Place): string {
  const value = Object.hasOwn(free, key) ? free[key] : undefined;
  if (value === undefined) {
    const known = Object.keys(free).join(', ') || 'none';
    throw new TemplateError(
      `the query names variables.${key}, templateVariables has ${known.slice(0, 200)}`,
    );
  }
  const quoted = place.quote(value);
  if (quoted !== undefined) return quoted;
  throw new TemplateError(`variables.${key}: found ${show(value)}, allowed is ${place.allowed}`);
}

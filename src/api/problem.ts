import type { z } from 'zod';
import { HIDDEN, type RuleParams } from './rule.ts';

/** One thing that is wrong with a manifest. */
export interface Problem {
  /** From the object's root: `spec.analysis.metrics[0].interval`. */
  path: string;
  /** The value as a person wrote it, shortened; hidden where it may hold a credential. */
  found: string;
  /** To follow the words "allowed is". */
  allowed: string;
}

/** `spec.analysis.interval: found '5', allowed is a duration of at least 1s, such as 30s or 1m30s` */
export function problemSentence(problem: Problem): string {
  return `${problem.path}: found ${problem.found}, allowed is ${problem.allowed}`;
}

/** Zod's issues about `raw` as problems, one each, in the order in which zod found them. */
export function problemsOf(raw: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(raw, issue));
}

/**
 * A value as a sentence shows it: texts in quotes, the rest as JSON, at most 60 characters; what
 * cannot be seen, such as a line break, by its code point. Of a URL no more than its host.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  const plain = text.replaceAll(URLS, (_, scheme: string, host: string, rest?: string) =>
    rest === undefined ? `${scheme}${host}` : `${scheme}${host}/***`,
  );
  const visible = plain.replaceAll(/\p{C}/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
  return visible.length > 60 ? `${visible.slice(0, 57)}...` : visible;
}

/** Scheme, user, host, and what follows. */
const URLS = /(\w:\/\/)(?:[^\s"'/@]*@)?([^\s"'/?#]*)([/?#][^\s"']+)?/g;

function problemsOfIssue(raw: unknown, issue: z.core.$ZodIssue): Problem[] {
  const value = valueAt(raw, issue.path);
  const params: Partial<RuleParams> = issue.code === 'custom' ? (issue.params ?? {}) : {};
  const path = pathText(issue.path);
  const isSecret = value !== undefined && CREDENTIALS.test(path);
  const shown = isSecret ? HIDDEN : show(value);
  const found = params.found ?? (issue.code === 'invalid_key' ? keyOf(issue.path) : shown);
  return [{ path, found, allowed: params.allowed ?? allowedBy(issue) }];
}

/** Fields whose values may be credentials, whatever is wrong with them. */
const CREDENTIALS =
  /\b(address|proxy|url|metricsServer|provider\.headers\b.*|webhooks\[\d+\]\.metadata\b.*)$/;

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (at !== null && typeof at === 'object' ? Reflect.get(at, key) : undefined),
    raw,
  );
}

function keyOf(path: readonly PropertyKey[]): string {
  return `the key ${show(String(path.at(-1)))}`;
}

function pathText(path: readonly PropertyKey[]): string {
  const steps = path.map((key) =>
    typeof key === 'number'
      ? `[${key}]`
      : PLAIN.test(String(key))
        ? `.${String(key)}`
        : `['${String(key)}']`,
  );
  return steps.join('').replace(/^\./, '') || 'the manifest';
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

function allowedBy(issue: z.core.$ZodIssue): string {
  if (!ZODS_OWN.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map((value) => show(value)));
    case 'too_small':
      return `${sizeOf(issue.origin)}${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `${sizeOf(issue.origin)}${issue.inclusive === false ? 'below' : 'at most'} ${issue.maximum}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      break;
  }
  return issue.message;
}

/** Messages that the schema did not choose. */
const ZODS_OWN = /^(Invalid |Too |Expected |Unrecognized )/;

const TYPE_NAMES: Record<string, string> = {
  object: 'a map of fields',
  record: 'a map of texts',
  array: 'a list',
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
};

function oneOf(values: string[]): string {
  const shown = values.filter((value) => value !== "''");
  return shown.length === 1 ? (shown[0] ?? '') : `one of ${shown.join(', ')}`;
}

function sizeOf(origin: string): string {
  if (origin === 'string') return 'a text whose length is ';
  return origin === 'array' ? 'a list whose length is ' : '';
}

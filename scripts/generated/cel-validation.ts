import { celText, type StoredRule } from '../../src/api/rule.ts';

/** An entry of `x-kubernetes-validations`. */
export interface Validation {
  rule: string;
  message: string;
  messageExpression?: string;
  fieldPath?: string;
}

/**
 * A rule as the API server takes it. `message` is the sentence without what was found: the server
 * falls back on it where the expression fails, for example on a text with line breaks.
 */
export function validationOf(rule: StoredRule, path: string): Validation {
  const at = rule.field === undefined ? path : `${path}.${rule.field}`;
  const found = rule.found === undefined ? (rule.foundCel ?? QUOTED_SELF) : celText(rule.found);
  return {
    rule: rule.cel,
    message: `${at}: allowed is ${rule.allowed}`,
    messageExpression: `${celText(`${at}: found `)} + ${found} + ${celText(`, allowed is ${rule.allowed}`)}`,
    ...(rule.field === undefined ? {} : { fieldPath: `.${rule.field}` }),
  };
}

const QUOTED_SELF = `"'" + self + "'"`;

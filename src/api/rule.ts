import { z } from 'zod';

/**
 * A constraint that OpenAPI cannot say, said twice: `cel` for the API server at admission, `holds`
 * for the controller, which meets manifests that an older CRD let through. Both refuse with the
 * same sentence, `problemSentence` of ./problem.ts.
 */
export interface Rule<T> {
  /** True when `self` is fine. Its cost counts: everything it walks over needs a maximum size. */
  cel: string;
  holds: (value: T) => boolean;
  /** What is allowed, to follow the words "allowed is". */
  allowed: string;
  /** What was found, when it is not simply the value; `cel` is an expression that yields text. */
  found?: { cel: string; text: (value: T) => string } | typeof HIDDEN;
  /** The field below this one that is wrong, such as `min` or `targetRef.name`. */
  field?: string;
}

/** For values that may carry a credential: no sentence repeats them. */
export const HIDDEN = 'a text that is not shown, since it may hold a credential';

/** What the CRD generator needs of a rule; kept in the schema's metadata under this key. */
export const RULES = 'x-linnet-rules';
export interface StoredRule {
  cel: string;
  allowed: string;
  foundCel?: string;
  found?: string;
  field?: string;
}

/** What a failed rule leaves in a zod issue for ./problem.ts. */
export interface RuleParams {
  allowed: string;
  found?: string;
}

/** The schema with rules that hold at admission and in the controller alike. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: Rule<z.output<S>>[]): S {
  const checked = schema.superRefine((value, context) => {
    for (const rule of rules) {
      if (rule.holds(value)) continue;
      const found = foundText(rule, value);
      const params: RuleParams = {
        allowed: rule.allowed,
        ...(found === undefined ? {} : { found }),
      };
      const path = rule.field?.split('.') ?? [];
      context.addIssue({ code: 'custom', path, params });
    }
  });
  const earlier = (schema.meta()?.[RULES] as StoredRule[] | undefined) ?? [];
  return checked.meta({ ...schema.meta(), [RULES]: [...earlier, ...rules.map(stored)] });
}

/** A text of at most `max` characters that matches; the pattern must mean the same in RE2. */
export function matching(
  max: number,
  pattern: RegExp,
  allowed: string,
  found?: typeof HIDDEN,
): z.ZodString {
  return ruled(z.string().max(max), {
    cel: `self.matches(${celText(pattern.source)})`,
    holds: (text) => pattern.test(text),
    allowed,
    ...(found === undefined ? {} : { found }),
  });
}

/** Says of each field whether it is set, for rules about which may stand together. */
export function presentOf<K extends string>(...fields: K[]) {
  return {
    cel: fields.map((f) => `'${f} ' + (has(self.${f}) ? 'set' : 'unset')`).join(` + ', ' + `),
    text: (value: { [F in K]?: unknown }) =>
      fields.map((f) => `${f} ${value[f] === undefined ? 'unset' : 'set'}`).join(', '),
  };
}

/** A CEL string literal. */
export function celText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function foundText<T>(rule: Rule<T>, value: T): string | undefined {
  return typeof rule.found === 'object' ? rule.found.text(value) : rule.found;
}

function stored<T>(rule: Rule<T>): StoredRule {
  const { cel, allowed, field, found } = rule;
  return {
    cel,
    allowed,
    ...(field === undefined ? {} : { field }),
    ...(typeof found === 'object' ? { foundCel: found.cel } : {}),
    ...(typeof found === 'string' ? { found } : {}),
  };
}

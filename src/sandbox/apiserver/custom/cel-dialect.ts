/**
 * Rewrites what the CEL library does not take: `has(self[0].field)`, whose operand is more than
 * names and dots, becomes `cel.bind(target, self[0], has(target.field))`.
 */
export function adaptDialect(expression: string): string {
  let adapted = '';
  let rest = expression;
  for (let at = nextHas(rest); at >= 0; at = nextHas(rest)) {
    const open = at + 'has('.length;
    const close = closingParenthesis(rest, open);
    if (close < 0) break;
    adapted += `${rest.slice(0, at)}${adaptHas(rest.slice(open, close))}`;
    rest = rest.slice(close + 1);
  }
  return adapted + rest;
}

function nextHas(expression: string): number {
  return expression.search(/(?<![\w.])has\(/);
}

function adaptHas(operand: string): string {
  const dot = operand.lastIndexOf('.');
  const [target, field] = [operand.slice(0, dot), operand.slice(dot + 1)];
  if (!/[[(]/.test(target)) return `has(${operand})`;
  return `cel.bind(hasTarget, ${adaptDialect(target)}, has(hasTarget.${field}))`;
}

/** The index of the parenthesis that closes the one before `from`; -1 when there is none. */
function closingParenthesis(expression: string, from: number): number {
  let depth = 1;
  let quote = '';
  for (let at = from; at < expression.length; at += 1) {
    const character = expression.charAt(at);
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

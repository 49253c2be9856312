import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import {
  forPrimary,
  type QueryVariables,
  renderQuery,
  TemplateError,
  variablesOf,
} from '../../api/query-template.ts';
import { PROMQL } from './promql-places.ts';

const CANARY = aCanary({ spec: { service: { name: 'shop-front', port: 80 } } });

function render(query: string, free: Record<string, string> = {}): string {
  return fillIn(query, variablesOf(CANARY, '1m30s', free));
}

function fillIn(query: string, variables: QueryVariables): string {
  return renderQuery(query, variables, PROMQL);
}

describe('a query is filled in', () => {
  it.each([
    ['{{ name }}', 'checkout'],
    ['{{name}}', 'checkout'],
    ['a{{-   name\t-}} b', 'acheckoutb'],
    ['{{ namespace }}/{{ target }}', 'shop/checkout'],
    ['{{ service }}', 'shop-front'],
    ['{{ ingress }} {{ route }}', 'checkout checkout'],
    ['rate(x[{{ interval }}])', 'rate(x[1m30s])'],
    ['x{{/* a remark */}}y', 'xy'],
    ['no variables at all {a="}}"}', 'no variables at all {a="}}"}'],
  ])('%s', (query, expected) => {
    expect(render(query)).toBe(expected);
  });

  it('for the primary too: its workload, and the same Service', () => {
    const variables = forPrimary(variablesOf(aCanary(), '1m'));
    expect(fillIn('{{ target }} {{ service }}', variables)).toBe('checkout-primary checkout');
  });

  it.each([
    ['x{a="{{ variables.v }}"}', '4..|5..', 'x{a="4..|5.."}'],
    [`x{a='{{ variables.v }}'}`, `it's`, String.raw`x{a='it\'s'}`],
    ['x{a="{{ variables.v }}"}', `it's`, `x{a="it's"}`],
    // What is already written as the inside of a string stays, as with Flagger.
    ['x{a=~"{{ variables.v }}"}', String.raw`4\\d\\d`, String.raw`x{a=~"4\\d\\d"}`],
    ['x{a=~"{{ variables.v }}"}', String.raw`\d`, String.raw`x{a=~"\\d"}`],
    ['x{a=`{{ variables.v }}`}', String.raw`\d"`, 'x{a=`\\d"`}'],
    ['topk({{ variables.v }}, x)', '3', 'topk(3, x)'],
    ['{{ variables.v }} > 1', 'http_requests:rate5m', 'http_requests:rate5m > 1'],
    ['x{a="{{ index variables "v" }}"}', 'b', 'x{a="b"}'],
    ['x{a="ü{{ variables.v }}"}', 'ключ 🔑', 'x{a="üключ 🔑"}'],
    ['x # say "\n + y{a="{{ variables.v }}"}', 'b"', 'x # say "\n + y{a="b\\""}'],
  ])('%s with %j', (query, v, expected) => {
    expect(render(query, { v })).toBe(expected);
  });
});

describe('a value cannot leave its place', () => {
  it.each([
    ['"}) or vector(1) #', String.raw`x{a="\"}) or vector(1) #"}`],
    ['\\', String.raw`x{a="\\"}`],
    ['\\"', String.raw`x{a="\""}`],
    ['\\\\"', String.raw`x{a="\\\\\""}`],
    ['a\nb', String.raw`x{a="a\u000ab"}`],
    ['$(rm -rf /)`id`', 'x{a="$(rm -rf /)`id`"}'],
    ['{{ name }}', 'x{a="{{ name }}"}'],
    ['\u2028‮\u0000', 'x{a="\u2028‮\\u0000"}'],
  ])('%j in a string', (v, expected) => {
    expect(render('x{a="{{ variables.v }}"}', { v })).toBe(expected);
  });

  it.each(['a b', 'up or x', '1)', '{a="b"}', 'x[5m]', "'", 'a\nb', '5m]) or up', 'ü'])(
    '%j outside of one',
    (v) => {
      expect(() => render('rate(x[{{ variables.v }}])', { v })).toThrow(
        /^variables\.v: found '.*', allowed is letters, digits and _ : \. \+ - outside quotes$/,
      );
    },
  );

  it.each([
    ['x{a=`{{ variables.v }}`}', '`', /backquote/],
    [String.raw`x{a="\{{ variables.v }}"}`, '" or up', /right after a backslash/],
    ['x # {{ variables.v }}', 'a\nor up', /outside quotes/],
  ])('%s with %j', (query, v, sentence) => {
    expect(() => render(query, { v })).toThrow(sentence);
  });

  it('whatever it holds: the string ends where the template says', () => {
    const hostile = fc.constantFrom(
      '\\',
      '"',
      "'",
      '`',
      '\n',
      '{{',
      '}',
      '#',
      'x',
      'u0',
      'ü',
      '\0',
    );
    const text = fc.array(hostile, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom('"', "'"), (v, quote) => {
        const rendered = render(`x{a=${quote}{{ variables.v }}${quote}}`, { v });
        const inside = rendered.slice(4 + 1, -2);
        expect(unescapedQuotes(inside, quote)).toBe(0);
        expect(inside).not.toMatch(/\n/);
        expect(/(?<!\\)(?:\\\\)*\\$/.test(inside)).toBe(false);
      }),
    );
  });
});

function unescapedQuotes(text: string, quote: string): number {
  return text.replaceAll(/\\[\s\S]/g, '').split(quote).length - 1;
}

describe('what cannot be filled in is named', () => {
  it.each([
    ['{{ nmae }}', {}, /'\{\{ nmae \}\}', known are name, namespace, .* and variables\.<name>$/],
    ['{{ variables.zone }}', { code: '5' }, /names variables\.zone, templateVariables has code$/],
    ['{{ variables.zone }}', {}, /templateVariables has none$/],
    ['{{ variables.constructor }}', {}, /templateVariables has none$/],
    ['{{ .Name }}', {}, /'\{\{ \.Name \}\}'/],
    ['{{ if name }}x{{ end }}', {}, /'\{\{ if name \}\}'/],
    ['{{ name', {}, /'\{\{' without '\}\}'/],
    ['{{ }}', {}, /known are/],
  ])('%s', (query, free, sentence) => {
    expect(() => render(query, free)).toThrow(TemplateError);
    expect(() => render(query, free)).toThrow(sentence);
  });

  it('and so is a name that is none', () => {
    const variables = { ...variablesOf(aCanary(), '1m'), target: 'x"} or up{a="' };
    expect(() => fillIn('{{ target }}', variables)).toThrow(/the query variable target is/);
  });
});

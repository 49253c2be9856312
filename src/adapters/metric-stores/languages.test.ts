import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { type QueryLanguage, renderQuery, variablesOf } from '../../api/query-template.ts';
import { JSON_TEXT, quotedLanguage, URL_PARTS } from './languages.ts';

function render(language: QueryLanguage, query: string, v: string): string {
  return renderQuery(query, variablesOf(aCanary(), '1m', { v }), language);
}

describe('a language with strings and comments', () => {
  const language = quotedLanguage({
    comments: [
      ['//', '\n'],
      ['/*', '*/'],
    ],
  });

  it.each([
    [`where app = '{{ variables.v }}'`, 'shop front, 2nd'],
    ['where app = "{{ variables.v }}"', 'é!#%&'],
    [String.raw`where a = 'it\'s' and b = '{{ variables.v }}'`, 'a b'],
    [`// it's\nwhere a = '{{ variables.v }}'`, 'a b'],
    [`/* "it" is 5' */ where a = '{{ variables.v }}'`, 'a b'],
    [`where a = 'http://x' and b = "{{ variables.v }}"`, 'a b'],
    ['limit {{ variables.v }}', '-12.5'],
  ])('%s takes %s', (query, v) => {
    expect(render(language, query, v)).toBe(query.replace('{{ variables.v }}', v));
  });

  it.each([
    ['limit {{ variables.v }}', '1 or true', /outside quotes$/],
    [`// it's\nlimit {{ variables.v }}`, '1 or true', /outside quotes$/],
    [`where a = 'x' limit {{ variables.v }}`, 'a b', /outside quotes$/],
    ['limit {{ variables.v }}', '1--', /outside quotes$/],
    [`a = '{{ variables.v }}'`, 'a"b', /without quotes, backslashes/],
    [`a = "{{ variables.v }}"`, '${r.token}', /without quotes, backslashes/],
  ])('%s does not take %s', (query, v, sentence) => {
    expect(() => render(language, query, v)).toThrow(sentence);
  });
});

describe('a URL', () => {
  const template = 'http://host/a/{{ variables.v }}/z';

  it.each(['a/b', '?x=1', '#', 'a b', '...a'])('keeps %j in its segment', (v) => {
    const { pathname } = new URL(render(URL_PARTS, template, v));
    expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', v, 'z']);
  });

  it.each(['..', '.', '\ud800'])('refuses %j', (v) => {
    expect(() => render(URL_PARTS, template, v)).toThrow(
      /allowed is any text that is not only dots$/,
    );
  });
});

it.each([
  ['{"a": "{{ variables.v }}"}', '"}\\\n', { a: '"}\\\n' }],
  ['{"a": {{ variables.v }}}', '-1.5', { a: -1.5 }],
  ['{"a": {{ variables.v }}}', 'null', { a: null }],
])('JSON takes %s with %j', (text, v, value) => {
  expect(JSON.parse(render(JSON_TEXT, text, v))).toEqual(value);
});

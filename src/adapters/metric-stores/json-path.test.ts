import { expect, it } from 'vitest';
import { valuesAt } from './json-path.ts';

/** In part the document of RFC 9535, section 1.5. */
const STORE = {
  store: {
    book: [{ price: 8.95 }, { price: 12.99 }, { price: 22.99, isbn: 'x' }],
    bicycle: { 'frame size': 56, "it's": 1, 'a"b': 2, 'a\\b': 3 },
  },
  naïve: 4,
};

it.each([
  ['$', [STORE]],
  ['', [STORE]],
  ['{}', [STORE]],
  ['$.store.book[0].price', [8.95]],
  ['{.store.book[1].price}', [12.99]],
  [' {$.store.book[-1].price} ', [22.99]],
  ['$.store.book[*].price', [8.95, 12.99, 22.99]],
  ['$.store.book.*.isbn', ['x']],
  ["$['store']['bicycle']['frame size']", [56]],
  ['$["store"].bicycle["frame size"]', [56]],
  [String.raw`$.store.bicycle['it\'s']`, [1]],
  [String.raw`$.store.bicycle["a\"b"]`, [2]],
  [String.raw`$.store.bicycle['a\\b']`, [3]],
  ['$.naïve', [4]],
  ['$.store.book[3]', []],
  ['$.store.book[-4]', []],
  ['$.store.book.length', []],
  ['$.constructor', []],
  ['$.store.bicycle[0]', []],
  ['$.naïve.x', []],
])('%s', (path, values) => {
  expect(valuesAt(path, STORE)).toEqual(values);
});

it.each([
  '$..price',
  '$.store.book[?(@.price > 10)]',
  '$.store.book[0:1]',
  'store',
  '$.',
  '$[',
  "$['a]",
  '$.a b',
  '$[1.5]',
  '{$.a',
])('%s is no path', (path) => {
  expect(valuesAt(path, STORE)).toBeUndefined();
});

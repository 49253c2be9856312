import { describe, expect, test } from 'vitest';
import { headersOf } from './header-lines.ts';

describe('headers of a Secret', () => {
  test.each([
    ['', {}],
    ['X-Team: shop', { 'x-team': 'shop' }],
    ['A: 1\r\nB:2\n\n', { a: '1', b: '2' }],
    [`authorization: "Bearer a:b c"`, { authorization: 'Bearer a:b c' }],
    [`x: 'y'`, { x: 'y' }],
  ])('%j', (text, headers) => {
    expect(headersOf(text)).toEqual(headers);
  });

  test.each([
    'no colon',
    'a b: c',
    ': x',
    'x:',
    'x: ö',
    'host: evil',
    'Content-Length: 0',
    'ok: 1\nTransfer-Encoding: chunked',
  ])('%j is none', (text) => {
    expect(headersOf(text)).toBeUndefined();
  });
});

import { expect, test } from 'vitest';
import type { HttpMatch } from './istio-resources.ts';
import { INGRESS_GATEWAY, sidecarOf, type MeshRequest } from './mesh-request.ts';
import { anyMatch } from './request-match.ts';

const request: MeshRequest = {
  method: 'GET',
  path: '/reviews/7?user=ann&tag=',
  authority: 'shop.example.com:8080',
  headers: { 'x-plan': 'beta', cookie: 'a=1; cd=abc123; b=2' },
};
const caller = sidecarOf('web', 'shop');

test.each<[string, HttpMatch, boolean]>([
  ['no condition', {}, true],
  ['uri exact', { uri: { exact: '/reviews/7' } }, true],
  ['uri exact, of the path without its query', { uri: { exact: '/reviews/7?user=ann' } }, false],
  ['uri prefix', { uri: { prefix: '/reviews' } }, true],
  ['uri regex as a whole', { uri: { regex: '/reviews/\\d+' } }, true],
  ['uri regex in part', { uri: { regex: '/reviews' } }, false],
  ['uri in another case', { uri: { exact: '/REVIEWS/7' } }, false],
  ['uri in any case', { uri: { exact: '/REVIEWS/7' }, ignoreUriCase: true }, true],
  ['method', { method: { exact: 'GET' } }, true],
  ['another method', { method: { exact: 'POST' } }, false],
  ['scheme', { scheme: { exact: 'https' } }, false],
  ['authority', { authority: { prefix: 'shop.example.com' } }, true],
  ['port', { port: 8080 }, true],
  ['another port', { port: 80 }, false],
  ['header exact', { headers: { 'x-plan': { exact: 'beta' } } }, true],
  ['header name in capitals', { headers: { 'X-Plan': { exact: 'beta' } } }, true],
  ['header present', { headers: { 'x-plan': {} } }, true],
  ['header absent', { headers: { 'x-other': {} } }, false],
  ['cookie', { headers: { cookie: { regex: '^(.*;\\s*)?cd=abc123(;.*)?$' } } }, true],
  ['another cookie', { headers: { cookie: { regex: '^(.*;\\s*)?cd=abc(;.*)?$' } } }, false],
  ['without a header that is there', { withoutHeaders: { 'x-plan': {} } }, false],
  ['without a value that differs', { withoutHeaders: { 'x-plan': { exact: 'pro' } } }, true],
  ['without a header that is absent', { withoutHeaders: { 'x-other': { exact: 'a' } } }, true],
  ['query', { queryParams: { user: { exact: 'ann' } } }, true],
  ['query by prefix', { queryParams: { user: { prefix: 'a' } } }, true],
  ['query present', { queryParams: { tag: {} } }, true],
  ['query absent', { queryParams: { page: {} } }, false],
  ['labels of the caller', { sourceLabels: { app: 'web' } }, true],
  ['other labels of the caller', { sourceLabels: { app: 'cart' } }, false],
  ['namespace of the caller', { sourceNamespace: 'shop' }, true],
  ['another namespace', { sourceNamespace: 'default' }, false],
  ['two conditions, one of which fails', { uri: { prefix: '/' }, port: 1 }, false],
])('a match with %s', (_, match, expected) => {
  expect(anyMatch([match])(request, caller)).toBe(expected);
});

test('one match of several is enough, and none at all is always', () => {
  const matches = [{ uri: { exact: '/nowhere' } }, { method: { exact: 'GET' } }];
  expect(anyMatch(matches)(request, caller)).toBe(true);
  expect(anyMatch([])(request, caller)).toBe(true);
});

test('at a gateway what a match says of the caller does not count', () => {
  const match = { sourceLabels: { app: 'cart' }, sourceNamespace: 'other' };
  expect(anyMatch([match])(request, INGRESS_GATEWAY)).toBe(true);
});

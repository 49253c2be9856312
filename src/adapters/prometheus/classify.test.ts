import { describe, expect, it } from 'vitest';
import { classify, classifyConnection, classifyLoss, classifyLostConnection } from './classify.ts';

const HTTP: [code: string, flags: string, expected: string][] = [
  ['200', '-', 'good'],
  ['204', '', 'good'],
  ['101', '-', 'good'],
  ['304', '-', 'good'],
  ['301', 'DC', 'good'],
  ['404', '-', 'refused'],
  ['429', 'RL', 'refused'],
  ['403', '-', 'refused'],
  ['500', '-', 'bad'],
  ['503', 'UF,URX', 'bad'],
  ['504', 'UT', 'bad'],
  ['503', 'DC', 'bad'],
  // No headers of a response: the caller left, or the version broke off.
  ['0', 'DC', 'cancelled'],
  ['0', 'UT,DC', 'cancelled'],
  ['0', '-', 'bad'],
  ['0', 'UC', 'bad'],
  ['', '-', 'bad'],
  // DCX is not DC.
  ['0', 'DCX', 'bad'],
];

describe('an HTTP request', () => {
  it.each(HTTP)('that ended with %s %s is %s', (code, flags, expected) => {
    expect(classify({ protocol: 'http', code, grpcStatus: '', flags })).toBe(expected);
  });
});

const GRPC: [status: string, flags: string, expected: string][] = [
  ['0', '-', 'good'],
  ['1', '-', 'cancelled'],
  ...['2', '4', '12', '13', '14', '15'].map((s): [string, string, string] => [s, '-', 'bad']),
  ...['3', '5', '6', '7', '8', '9', '10', '11', '16'].map((s): [string, string, string] => [
    s,
    '-',
    'refused',
  ]),
  // A proxy's own failures come as HTTP 200.
  ['14', 'UF', 'bad'],
  ['14', 'UH', 'bad'],
  ['', 'DC', 'cancelled'],
  ['', '-', 'bad'],
];

describe('a gRPC call', () => {
  it.each(GRPC)('with status %s %s is %s', (grpcStatus, flags, expected) => {
    expect(classify({ protocol: 'grpc', code: '200', grpcStatus, flags })).toBe(expected);
  });

  it('that a proxy answered with 503 is bad', () => {
    const ending = { protocol: 'grpc', code: '503', grpcStatus: '', flags: 'UF' };
    expect(classify(ending)).toBe('bad');
  });
});

describe('what a caller saw', () => {
  it.each([
    ['UH', 'lost'],
    ['URX,UF', 'lost'],
    ['UF,URX', 'lost'],
    ['UO', 'lost'],
    ['UC', 'lost'],
    ['NC', 'lost'],
    ['NR', 'lost'],
    ['LR', 'lost'],
    ['UT', 'timed-out'],
    ['UT,UC', 'lost'],
    // The attempts were counted where they arrived.
    ['URX', undefined],
    ['-', undefined],
  ])('as %s: %s', (flags, expected) => {
    expect(classifyLoss(flags)).toBe(expected);
  });
});

describe('a connection over TCP', () => {
  it.each([
    ['-', 'good'],
    ['', 'good'],
    // However a connection ends that was made.
    ['DC', 'good'],
    ['SI', 'good'],
    ['DT', 'good'],
    ['UF', 'bad'],
    ['UF,URX', 'bad'],
    ['URX', 'bad'],
    ['UH', 'bad'],
    ['UO', 'bad'],
    ['NC', 'bad'],
    ['NR', 'bad'],
    ['UC', 'bad'],
    ['LR', 'bad'],
    ['UR', 'bad'],
    // ztunnel's: counted as opened before.
    ['CONNECT', 'broken'],
    // A policy refused the caller.
    ['DENY', 'good'],
  ])('with flags %j is %s', (flags, expected) => {
    expect(classifyConnection(flags)).toBe(expected);
  });

  it.each([
    ['UH', 'lost'],
    ['UO', 'lost'],
    ['NC', 'lost'],
    ['NR', 'lost'],
    ['UF,UH', 'lost'],
    ['UF', 'told'],
    ['UF,URX', 'told'],
    ['URX', 'told'],
    ['UC', 'told'],
    ['UR', 'told'],
    ['DC', undefined],
    ['-', undefined],
  ])('that a caller saw with %s: %s', (flags, expected) => {
    expect(classifyLostConnection(flags)).toBe(expected);
  });
});

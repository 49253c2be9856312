import { describe, expect, test } from 'vitest';
import { containerMoment } from './container-life.ts';

describe('a container that works', () => {
  const behaviour = { readyAfterMs: 500, crashAfterMs: undefined };
  test.each([
    [0, { state: 'creating', ready: false, restarts: 0, since: 0, until: 50 }],
    [50, { state: 'running', ready: false, restarts: 0, since: 50, until: 550 }],
    [549, { state: 'running', ready: false, restarts: 0, since: 50, until: 550 }],
    [550, { state: 'running', ready: true, restarts: 0, since: 50, until: undefined }],
  ])('after %i ms', (elapsed, expected) => {
    expect(containerMoment(behaviour, elapsed)).toEqual(expected);
  });
});

test('a container that never becomes ready waits for nothing', () => {
  const behaviour = { readyAfterMs: undefined, crashAfterMs: undefined };
  const expected = { state: 'running', ready: false, restarts: 0, since: 50, until: undefined };
  expect(containerMoment(behaviour, 1e9)).toEqual(expected);
});

describe('a container that crashes a second after each start', () => {
  const behaviour = { readyAfterMs: 200, crashAfterMs: 1000 };
  test.each([
    [249, { state: 'running', ready: false, restarts: 0, since: 50, until: 250 }],
    [250, { state: 'running', ready: true, restarts: 0, since: 50, until: 1050 }],
    [1050, { state: 'backing-off', ready: false, restarts: 0, since: 1050, until: 2050 }],
    [2050, { state: 'running', ready: false, restarts: 1, since: 2050, until: 2250 }],
    [3050, { state: 'backing-off', ready: false, restarts: 1, since: 3050, until: 5050 }],
  ])('after %i ms', (elapsed, expected) => {
    expect(containerMoment(behaviour, elapsed)).toEqual(expected);
  });
});

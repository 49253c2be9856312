import { expect, test } from 'vitest';
import { ProcessMemory } from './memory.ts';

const KEY = { namespace: 'shop', name: 'web' };
const MESSAGE = { n: 1, written: '2026-03-01T12:00:00Z', provider: 'events', at: 1 };

test('nothing is left of a canary that was forgotten, nor made by asking for it', () => {
  const memory = new ProcessMemory();
  memory.accept(KEY, MESSAGE);
  memory.setRefusals(KEY, [{ reason: 'Forbidden', message: 'no' }]);
  memory.setPreflightAt(KEY, 2);
  memory.setLookedAt(KEY, 3);
  memory.setFarewellAt(KEY, 4);
  expect(memory.size).toBe(1);
  memory.forget(KEY);
  const asked = [memory.accepted(KEY), memory.refusals(KEY)];
  const times = [memory.preflightAt(KEY), memory.lookedAt(KEY), memory.farewellAt(KEY)];
  expect([...asked, ...times]).toEqual([[], [], undefined, undefined, undefined]);
  expect(memory.size).toBe(0);
});

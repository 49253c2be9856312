import { beforeEach, describe, expect, it } from 'vitest';
import { owing } from '../test/builders/outbox.ts';
import type { CanaryStatus } from './api/status.ts';
import { farewell } from './farewell.ts';
import { ProcessMemory } from './memory.ts';
import type { Canaries } from './ports/canaries.ts';

const OVER = Date.UTC(2026, 10, 21);
const MESSAGE = { n: 1, at: new Date(OVER).toISOString(), owed: ['shop/chat'] };
const KEY = { namespace: 'shop', name: 'web' };

let memory: ProcessMemory;
let sent: number[];
let released: number;

beforeEach(() => {
  memory = new ProcessMemory();
  sent = [];
  released = 0;
});

describe('a Canary that has given everything back', () => {
  it('goes as soon as everybody was told', async () => {
    expect(await lookAt(OVER)).toBe(OVER + 250);
    memory.accept(KEY, { n: 1, written: MESSAGE.at, provider: 'shop/chat', at: OVER + 100 });
    expect(await lookAt(OVER + 250)).toBeUndefined();
    expect({ sent, released }).toEqual({ sent: [1], released: 1 });
  });

  it('goes without, when a provider has been down for long enough', async () => {
    await lookAt(OVER);
    expect(await lookAt(OVER + 9_999)).toBe(OVER + 10_249);
    expect(await lookAt(OVER + 10_000)).toBeUndefined();
    expect(released).toBe(1);
  });

  it('is not let go untold by a process that was not there', async () => {
    const back = OVER + 60_000;
    expect(await lookAt(back)).toBe(back + 250);
    expect({ sent, released }).toEqual({ sent: [1], released: 0 });
    expect(await lookAt(back + 10_000)).toBeUndefined();
  });

  it('does not pay for the time that one of its name took', async () => {
    memory.setFarewellAt(KEY, OVER - 60_000);
    expect(await lookAt(OVER)).toBe(OVER + 250);
  });
});

function lookAt(now: number): Promise<number | undefined> {
  const canary = owing('web', [MESSAGE]);
  const lastTransitionTime = new Date(OVER).toISOString();
  const status: CanaryStatus = { ...canary.status!, phase: 'Terminated', lastTransitionTime };
  const canaries = { release: () => Promise.resolve(void (released += 1)) };
  return farewell({ ...canary, status }, status, {
    clock: { now: () => now },
    canaries: canaries as unknown as Canaries,
    courier: { dispatch: (_canary, { n }) => void sent.push(n) },
    memory,
  });
}

import { describe, expect, test } from 'vitest';
import { aCanary } from '../../../../test/builders/canary.ts';
import { CANARY, FAILED, STATUS } from '../../../../test/builders/failed-rollout.ts';
import { cardOf } from './card.ts';

describe('a card', () => {
  test.each([
    ['info', 'promoted', '#2eb67d'],
    ['info', 'started', '#3b82f6'],
    ['warn', 'waiting', '#ecb22e'],
    ['error', 'failed', '#d32f2f'],
  ] as const)('of severity %s and kind %s is %s', (severity, kind, color) => {
    expect(cardOf(CANARY, { ...FAILED, severity, kind }).color).toBe(color);
  });

  test('shows the weight while there is one', () => {
    const status = { ...STATUS, phase: 'Progressing' as const, canaryWeight: 20 };
    const card = cardOf(aCanary({ status }), { ...FAILED, kind: 'stuck' });
    expect(card.facts[0]).toEqual({ name: 'Weight', value: '20 %' });
  });

  test('of an older message shows no state: it would be of another time', () => {
    expect(cardOf(CANARY, { ...FAILED, n: 6 }).facts).toEqual([]);
  });

  test('has no characters that hide or turn text', () => {
    const text = 'a\u202eb\u0000c\u001b[31md\ne';
    expect(cardOf(CANARY, { ...FAILED, text }).text).toBe('a b c [31md\ne');
  });
});

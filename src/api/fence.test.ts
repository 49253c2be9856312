import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Conformity, ObjectSeen } from '../ports/intent.ts';
import { FENCE } from './annotations.ts';
import { judge, stampOf, withStamp, worstOf } from './fence.ts';

describe('stampOf', () => {
  it.each([
    ['7', 7],
    ['0', 0],
    [undefined, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['seven', undefined],
    ['9'.repeat(40), undefined],
  ])('reads %j as %j', (text, stamp) => {
    const annotations: Record<string, string> = text === undefined ? {} : { [FENCE]: text };
    expect(stampOf({ metadata: { annotations } })).toBe(stamp);
  });

  it('reads back what withStamp wrote, beside what was there', () => {
    const annotations = withStamp({ team: 'a' }, 12);
    expect(annotations['team']).toBe('a');
    expect(stampOf({ metadata: { annotations } })).toBe(12);
    expect(stampOf({ metadata: {} })).toBeUndefined();
  });
});

describe('judge', () => {
  it.each([
    [true, 3, 3, 'conforms'],
    [false, 3, 3, 'differs'],
    [true, 2, 3, 'differs'],
    [false, 2, 3, 'differs'],
    [true, 4, 3, 'ahead'],
    [false, 4, 3, 'ahead'],
    [true, undefined, 3, 'unstamped'],
    [true, undefined, undefined, 'unstamped'],
    [true, 1, undefined, 'ahead'],
  ] as const)('right %j, stamp %j, fence %j: %s', (isRight, stamp, fence, conformity) => {
    expect(judge(isRight, stamp, fence)).toBe(conformity);
  });
});

describe('worstOf', () => {
  it('takes the worst state, the highest stamp, and what is said of the worst', () => {
    const seen: ObjectSeen = worstOf([
      { conformity: 'conforms', stamp: 9, detail: 'fine' },
      { conformity: 'differs', stamp: 2, detail: 'replicas' },
      { conformity: 'differs', stamp: 3, detail: 'selector' },
    ]);
    expect(seen).toEqual({ conformity: 'differs', stamp: 9, detail: 'replicas; selector' });
  });

  it('needs nothing when there is nothing', () => {
    expect(worstOf([])).toEqual({ conformity: 'unneeded', stamp: 0 });
  });

  it('lets no object hide another, in any order', () => {
    const states: Conformity[] = [
      'conforms',
      'differs',
      'missing',
      'unstamped',
      'ahead',
      'foreign',
    ];
    const object = fc.record({ conformity: fc.constantFrom(...states), stamp: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(object, { minLength: 1 }), (objects) => {
        const one = worstOf(objects);
        expect(worstOf(objects.toReversed())).toEqual(one);
        expect(one.conformity === 'conforms').toBe(
          objects.every(({ conformity }) => conformity === 'conforms'),
        );
        expect(objects.every(({ stamp }) => stamp <= one.stamp)).toBe(true);
      }),
    );
  });
});

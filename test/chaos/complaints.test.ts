import { describe, expect, test } from 'vitest';
import type { MessageKind } from '../../src/api/status.ts';
import type { Delivery } from '../builders/people.ts';
import { complaintsOf, type Told } from './complaints.ts';
import type { Journey } from './journeys.ts';

const JOURNEY: Journey = {
  name: 'told of',
  begins: 'new version',
  sureRequests: 1,
  weights: [],
  plans: [],
  messages: ['started', 'failed'],
  errors: 0,
};
const STARTED = message(3, 'started', 100);
const FAILED = message(4, 'failed', 200);
const EARLIER = message(1, 'started', 10);
const KILLED = { kind: 'killed', from: 20, until: 30 } as const;

describe('messages', () => {
  test.each<[string, Partial<Told>]>([
    ['came once each', { messages: [STARTED, FAILED] }],
    ['came in another order', { messages: [FAILED, STARTED] }],
    [
      'of an earlier journey came again, from somebody who had stood still',
      {
        earlier: [EARLIER],
        messages: [{ ...EARLIER, at: 110 }, STARTED, FAILED],
        interruptions: [KILLED],
      },
    ],
    [
      'are of a Canary made anew, which counts from 1 again',
      {
        earlier: [{ ...EARLIER, key: 'gone/9/people', n: 9 }],
        messages: [{ ...EARLIER, key: 'gone/9/people', n: 9, at: 25 }, STARTED, FAILED],
        interruptions: [KILLED],
      },
    ],
    [
      'came twice around a death',
      { messages: [STARTED, { ...STARTED, at: 110 }, FAILED], interruptions: [KILLED] },
    ],
  ])('that %s are as they should be', (_, told) => {
    expect(complaintsOf(JOURNEY, toldOf(told))).toEqual([]);
  });

  test.each<[string, Partial<Told>, RegExp]>([
    ['are missing', { messages: [FAILED] }, /wanted started, failed\n +got failed$/],
    ['are too many', { messages: [STARTED, FAILED, message(5, 'failed', 300)] }, /failed, failed$/],
    ['came twice in peace', { messages: [STARTED, FAILED, FAILED] }, /twice for no reason/],
    [
      'of an earlier journey came again in peace',
      { earlier: [EARLIER], messages: [EARLIER, STARTED, FAILED] },
      /twice for no reason/,
    ],
  ])('that %s are complained of', (_, told, complaint) => {
    expect(complaintsOf(JOURNEY, toldOf(told))).toEqual([
      expect.stringMatching(complaint) as string,
    ]);
  });
});

describe('writes of the routes', () => {
  const leaving: Journey = { ...JOURNEY, messages: [], weights: [100], stampedAt: 30 };

  test.each([[[30, 100]], [[100]]])('%j are as they should be', (weights) => {
    expect(complaintsOf(leaving, toldOf(weightsWritten(weights)))).toEqual([]);
  });

  test.each([[[30, 30, 100]], [[100, 100]], [[30]], [[60, 100]]])(
    '%j are complained of',
    (weights) => {
      expect(complaintsOf(leaving, toldOf(weightsWritten(weights)))).toEqual([
        expect.stringMatching(/^weights of the VirtualService: wanted 100\n/) as string,
      ]);
    },
  );
});

function weightsWritten(weights: readonly number[]): Partial<Told> {
  const routes = weights.map((weight) => ({ at: 1, weight, fence: '' }));
  return { account: { plans: [], routes, isGone: true } };
}

function message(n: number, kind: MessageKind, at: number): Delivery {
  return { key: `uid/${n}/people`, namespace: 'shop', name: 'web', kind, n, at };
}

function toldOf(told: Partial<Told>): Told {
  const account = { plans: [], routes: [], isGone: false };
  return { account, messages: [], earlier: [], interruptions: [], ...told };
}

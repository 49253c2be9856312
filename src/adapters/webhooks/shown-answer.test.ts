import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shownAnswer } from './shown-answer.ts';

const SLACK = 'https://hooks.slack.com/services/T0123456/B0123456/kxZ9Qw8Lm4TtPpYy7Rr2Vv1S';

describe('what is shown of an answer', () => {
  test.each([
    ['', ''],
    ['no_service', 'no_service'],
    ['  two\n\tlines\u0000 ', 'two lines'],
    [`cannot POST ${SLACK}`, 'cannot POST ***'],
    ['no route to /services/T0123456/B0123456/kxZ9Qw8Lm4TtPpYy7Rr2Vv1S', 'no route to ***'],
    ['bad webhook kxZ9Qw8Lm4TtPpYy7Rr2Vv1S of T0123456', 'bad webhook *** of ***'],
    [
      String.raw`{"url":"https:\/\/hooks.slack.com\/services\/T0123456"}`,
      String.raw`{"url":"https:\/\/hooks.slack.com\/services\/***"}`,
    ],
    ['x'.repeat(300), `${'x'.repeat(199)}…`],
  ])('%j: %j', (body, shown) => {
    expect(shownAnswer(body, [SLACK, undefined])).toBe(shown);
  });

  test('words of an address that are no secret stay', () => {
    expect(shownAnswer('approve it first', ['http://gate.test/gate/approve'])).toBe(
      'approve it first',
    );
  });

  test('holds no credential that the receiver repeats, wherever it stood', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{16,40}$/);
    const around = fc.string({ maxLength: 300 });
    fc.assert(
      fc.property(secret, around, around, (credential, before, after) => {
        const encoded = encodeURIComponent(`${credential}&/+`);
        const addresses = [
          `https://x.example/a/${credential}`,
          `https://x.example/a?token=${encoded}`,
          `https://user:${credential}@x.example/`,
          credential,
        ];
        for (const address of addresses) {
          const shown = shownAnswer(`${before}${credential}&/+${after}`, [address]);
          expect(shown.replaceAll('***', '')).not.toContain(credential);
        }
      }),
    );
  });
});

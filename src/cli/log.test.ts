import { describe, expect, test } from 'vitest';
import { shownError } from './log.ts';

describe('what is logged of an error', () => {
  test.each([
    [
      'an address in its text',
      new Error('cannot reach redis://me:hunter2@redis:6379/0'),
      { type: 'Error', message: 'cannot reach redis://***@redis:6379/0' },
    ],
    [
      'an address that is none',
      thrownBy(() => new URL('//me:hunter2@host')),
      { type: 'TypeError', message: 'Invalid URL', code: 'ERR_INVALID_URL' },
    ],
    [
      'a command with a password',
      Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['me', 'hunter2'] } }),
      { message: 'WRONGPASS' },
    ],
    [
      'the same as its cause',
      new Error('no', { cause: Object.assign(new Error('why'), { args: ['hunter2'] }) }),
      { message: 'no', cause: { message: 'why' } },
    ],
    ['no error at all', 'http://me:hunter2@host', { message: 'http://***@host' }],
  ])('%s', (_, error, expected) => {
    const shown = shownError(error);
    expect(shown).toMatchObject(expected);
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

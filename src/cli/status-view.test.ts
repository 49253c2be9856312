import { describe, expect, it } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL } from '../../test/builders/observation.ts';
import { adopted, NEW, type Story } from '../../test/builders/story.ts';
import { bar } from '../terminal/bar.ts';
import { canaryView, fleetView } from './status-view.ts';

const plain = stripVTControlCharacters;

function rolledBack(): Story {
  return adopted().play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Failed');
}

describe('the fleet', () => {
  it('shows trouble first', () => {
    const failed = rolledBack();
    const fine = adopted(aCanary({ metadata: { name: 'basket', uid: 'u-2' } }));
    const lines = plain(fleetView([fine.canary, failed.canary], failed.now)).split('\n');
    expect(lines[1]).toMatch(
      /^✗ {2}shop +checkout +Failed +░{10} +0 % +0s +ROLLBACK: request-success-rate 90 %/,
    );
    expect(lines[2]).toMatch(/^✓ {2}shop +basket +Initialized/);
  });

  it('says what to do when there is none', () => {
    expect(fleetView([], 0)).toContain('No Canary here yet');
  });
});

describe('one canary', () => {
  it('says how it is, why, and how it got there', () => {
    const { canary, now } = rolledBack();
    const text = plain(canaryView(canary, now + 125_000));
    expect(text).toContain('✗ shop/checkout  Failed for 2m5s');
    expect(text).toContain('checkout-old  primary');
    expect(text).toContain('failed  checkout-new, reached 20 %: request-success-rate 90 % < 99 %');
  });

  it('shows a rollout in progress and when it is looked at next', () => {
    const story = adopted().play(
      NEW,
      (s) => s.status.canaryWeight === 40 && s.status.stage === 'analyse',
    );
    const text = plain(canaryView(story.canary, story.now));
    expect(text).toContain('Progressing (analyse) for');
    expect(text).toContain('████████░░░░░░░░░░░░ 40 %');
    expect(text).toContain('Next check in 12s');
  });
});

it.each([
  [0, '░░░░'],
  [50, '██░░'],
  [100, '████'],
  [120, '████'],
])('bar of %d percent', (percent, cells) => {
  expect(bar(percent, 4)).toBe(cells);
});

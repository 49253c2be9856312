import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { obedient } from '../../test/builders/observation.ts';
import { adopted, NEW, OLD, type Story } from '../../test/builders/story.ts';
import type { CanaryStatus, Message } from '../api/status.ts';
import { dueAt } from './due.ts';
import { ACKNOWLEDGE_AFTER_MS, outboxOf } from './outbox.ts';

const NOW = Date.UTC(2026, 10, 21);
const WRITTEN = new Date(NOW).toISOString();

const alerts = [
  { name: 'everybody', severity: 'info', providerRef: { name: 'chat' } },
  { name: 'on call', severity: 'error', providerRef: { name: 'pager', namespace: 'ops' } },
];

function message(n: number, kind: Message['kind'], owed = ['events']): Message {
  return { n, at: new Date(NOW).toISOString(), kind, severity: 'info', text: `${n}`, owed };
}

function statusWith(outbox: Message[]): CanaryStatus {
  const story = adopted();
  return { ...story.status, outbox, messages: outbox.length };
}

describe('outboxOf', () => {
  it.each([
    ['info', ['events', 'shop/chat']],
    ['warn', ['events', 'shop/chat']],
    ['error', ['events', 'shop/chat', 'ops/pager']],
  ] as const)('owes a message of severity %s to %j', (severity, owed) => {
    const canary = aCanary({ analysis: { alerts } });
    const seen = obedient(canary, OLD);
    const tell = { kind: 'failed', severity, text: 'why' } as const;
    const { outbox } = outboxOf(canary, statusWith([]), tell, seen, NOW);
    expect(outbox).toMatchObject([{ n: 1, text: 'why', owed }]);
  });

  it('turns to the controller’s own provider when the Canary names none', () => {
    const canary = aCanary();
    const seen = { ...obedient(canary, OLD), defaultProvider: true };
    const tell = { kind: 'started', severity: 'info', text: '' } as const;
    expect(outboxOf(canary, statusWith([]), tell, seen, NOW).outbox?.[0]?.owed).toEqual([
      'events',
      'default',
    ]);
  });

  it('forgets a message once everybody has it, and no sooner', () => {
    const canary = aCanary();
    const before = statusWith([message(1, 'started', ['events', 'shop/chat'])]);
    const accepted = [{ n: 1, written: WRITTEN, provider: 'events', at: NOW }];
    const once = outboxOf(canary, before, undefined, obedient(canary, { ...OLD, accepted }), NOW);
    expect(once.outbox).toMatchObject([{ n: 1, owed: ['shop/chat'] }]);
    const both = [...accepted, { n: 1, written: WRITTEN, provider: 'shop/chat', at: NOW }];
    const twice = outboxOf(
      canary,
      before,
      undefined,
      obedient(canary, { ...OLD, accepted: both }),
      NOW,
    );
    expect(twice).toMatchObject({ outbox: [], messages: 1 });
  });

  it('does not take the message of a Canary made anew for one that was accepted', () => {
    const canary = aCanary();
    const before = statusWith([message(1, 'started')]);
    const earlier = new Date(NOW - 60_000).toISOString();
    const accepted = [{ n: 1, written: earlier, provider: 'events', at: NOW }];
    const seen = obedient(canary, { ...OLD, accepted });
    expect(outboxOf(canary, before, undefined, seen, NOW).outbox).toEqual(before.outbox);
  });

  it('drops the oldest that does not tell an end when it is full', () => {
    const canary = aCanary();
    const full = Array.from({ length: 20 }, (_, i) =>
      message(i + 1, i === 0 ? 'failed' : 'started'),
    );
    const tell = { kind: 'promoted', severity: 'info', text: 'done' } as const;
    const { outbox = [] } = outboxOf(canary, statusWith(full), tell, obedient(canary, OLD), NOW);
    expect(outbox).toHaveLength(20);
    expect(outbox[0]).toMatchObject({ n: 1, kind: 'failed' });
    expect(outbox.map(({ n }) => n)).not.toContain(2);
    expect(outbox.at(-1)).toMatchObject({ n: 21, kind: 'promoted' });
  });
});

describe('an acknowledgement', () => {
  const accepted = (story: Story) => [
    { n: 1, written: story.status.outbox?.[0]?.at ?? '', provider: 'events', at: story.now },
  ];

  it('waits five seconds for a change to travel with', () => {
    const story = adopted();
    const at = story.now;
    const stored = story.status;
    const around = { ...OLD, accepted: accepted(story) };
    story.play(around, (s) => s.now >= at + 4000);
    expect(story.status).toBe(stored);
    story.play(around, (s) => s.status.outbox?.length === 0);
    expect(story.now - at).toBe(5000);
  });

  it('goes with the next change', () => {
    const story = adopted();
    const around = { ...NEW, accepted: accepted(story) };
    story.play(around, (s) => s.status.phase === 'Progressing', 1);
    expect(story.status.outbox?.map(({ n }) => n)).toEqual([2]);
  });
});

describe('an acceptance', () => {
  const owing = aCanary({ status: statusWith([message(1, 'started')]) });
  const taken = { n: 1, written: WRITTEN, provider: 'events', at: NOW };

  it('is due to be stored even if nothing else is', () => {
    expect(dueAt(owing, NOW)).toBeUndefined();
    expect(dueAt(owing, NOW, [taken])).toBe(NOW + ACKNOWLEDGE_AFTER_MS);
  });

  it('that the status tells of already is due for nothing', () => {
    const told = { ...taken, written: 'another time' };
    expect(dueAt(owing, NOW, [told])).toBeUndefined();
  });
});

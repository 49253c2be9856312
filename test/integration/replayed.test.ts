import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../scripts/verdicts/random.ts';
import { openPast, type Past } from '../../src/adapters/prometheus/past.ts';
import { createTelemetry, type SweptTelemetry } from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { GuardPins } from '../../src/api/guard-pins.ts';
import type { GuardRuling } from '../../src/decide/observation.ts';
import { replayOf, replaySpan } from '../../src/explain/replay.ts';
import { guard } from '../../src/guard.ts';
import { judgementOf } from '../../src/judge/guard/judgement.ts';
import type { Evidence } from '../../src/judge/guard/follow.ts';
import { basisOf, pinnedOf } from '../../src/judge/guard/pins.ts';
import type { EvidenceStore, StoredEvidence } from '../../src/ports/evidence.ts';
import { keyOf, keyText } from '../../src/ports/canaries.ts';
import { type PastPrometheus, pastPrometheus } from '../builders/past-prometheus.ts';
import {
  type RecordedRollout,
  recordedRollout,
  type Sampled,
} from '../builders/recorded-rollouts.ts';

const ROLLOUTS = 200;
const MINUTES = 5;
/** A whole minute of today, so that no retention and no clock matters. */
const END = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const START = END - MINUTES * 60_000;
const LAST_LOOK = END + 15_000;
const rollouts = Array.from({ length: ROLLOUTS }, (_, i) => recordedRollout(i + 1, START, END));
let past: PastPrometheus;

beforeAll(async () => {
  past = await pastPrometheus([up(), ...rollouts.flatMap(({ samples }) => samples)]);
});
afterAll(() => past.close());

/** What makes it a store that has been there all the time, and was scraped every five seconds. */
function up(): Sampled {
  const count = (END - START + 1_200_000) / 5000;
  const values = Array.from(
    { length: count },
    (_, i) => [START - 1_200_000 + i * 5000, 1] as const,
  );
  return { name: 'up', labels: { job: 'mesh', instance: 'mesh:15090' }, values };
}

/** A process of Linnet's, as far as evidence goes: what it keeps is gone when it starts over. */
class Process {
  telemetry!: SweptTelemetry;
  readonly kept = new Map<string, StoredEvidence>();
  /** What it knew after each block that it took in, and what it said of it, by rollout. */
  readonly known = new Map<string, StoredEvidence[]>();
  readonly looks = new Map<string, Look[]>();
  #looking = '';

  constructor() {
    this.start();
  }

  start(): void {
    this.telemetry?.close();
    this.telemetry = createTelemetry({
      server: { url: past.url },
      clock: { now: () => past.now },
      template: () => undefined,
      secret: () => Promise.resolve(undefined),
    });
    this.telemetry.setActive(rollouts.map(({ canary }) => canary));
  }

  /** As JSON keeps it. */
  readonly evidence: EvidenceStore = {
    read: (id) => Promise.resolve(this.kept.get(id)),
    advance: (id, _before, next) => {
      const stored = asStored(next);
      this.kept.set(id, stored);
      append(this.known, this.#looking, stored);
      return Promise.resolve(true);
    },
  };

  /** Its evidence is lost. */
  forget({ metadata }: Canary): void {
    for (const id of this.kept.keys()) if (id.startsWith(`${metadata.uid}/`)) this.kept.delete(id);
  }

  async look(canary: Canary): Promise<void> {
    this.#looking = keyText(keyOf(canary));
    const clock = { now: () => past.now };
    const seen = await guard(canary, { telemetry: this.telemetry, clock, evidence: this.evidence });
    const ruling = seen?.ruling;
    const known = [...this.kept].find(([id]) => id.startsWith(`${canary.metadata.uid}/`))?.[1];
    if (ruling === undefined || known === undefined) return;
    append(this.looks, this.#looking, { canary, at: past.now, block: known.block, ruling });
  }
}

/** As JSON keeps it. */
function asStored<T>(evidence: T): T {
  return evidence === undefined ? evidence : (JSON.parse(JSON.stringify(evidence)) as T);
}

function append<T>(lists: Map<string, T[]>, key: string, one: T): void {
  lists.set(key, [...(lists.get(key) ?? []), one]);
}

interface Look {
  readonly canary: Canary;
  readonly at: number;
  readonly block: number;
  readonly ruling: GuardRuling;
}

/** The Canary with the plan as it was at that time; undefined before the first weight. */
function plannedAt(rollout: RecordedRollout, basis: GuardPins, at: number): Canary | undefined {
  const decided = rollout.shifts.filter(({ writtenAt }) => writtenAt <= at);
  const [first] = decided;
  if (first === undefined) return undefined;
  const shifts = decided.map(({ weight, writtenAt, carriedAt }, i) => [
    i + 1,
    weight,
    writtenAt - first.writtenAt,
    carriedAt <= at ? carriedAt - first.writtenAt : -1,
    ...(i === 0 ? [1] : []),
  ]);
  const start = new Date(first.writtenAt).toISOString();
  const { canary } = rollout;
  const { name } = canary.metadata;
  const step = { index: decided.length, weight: decided.at(-1)!.weight };
  return {
    ...canary,
    metadata: { ...canary.metadata, uid: name },
    status: {
      phase: 'Progressing',
      revision: 'r1',
      startedAt: start,
      step,
      guard: { ...basis, start, shifts },
    } as Canary['status'] & object,
  };
}

it(`evidence and verdicts of ${ROLLOUTS} rollouts are the same live, after restarts, and replayed`, async () => {
  const steady = new Process();
  const restarted = new Process();
  const bases = await lived(steady, restarted);
  const reader = openPast({ url: past.url });
  const differing: unknown[] = [];
  const told = { blocks: 0, rollback: 0, hold: 0, pass: 0 };
  for (const rollout of rollouts) {
    const key = keyText(keyOf(rollout.canary));
    const planned = plannedAt(rollout, bases.get(rollout)!, LAST_LOOK)!;
    const replayed = await replay(reader, planned);
    for (const { known, looks } of [steady, restarted]) {
      for (const { block, state } of known.get(key) ?? []) {
        const then = asStored(replayed.get(block))?.state;
        if (then !== undefined) told.blocks += 1;
        if (then !== undefined && !isDeepStrictEqual(state, then)) {
          differing.push({ key, block, state, replayed: then });
        }
      }
      for (const { canary, at, block, ruling } of looks.get(key) ?? []) {
        const then = replayed.get(block);
        if (then === undefined) continue;
        told[ruling.outcome] += 1;
        const again = judgementOf(canary, then, pinnedOf(canary.status?.guard)!, at);
        if (!isDeepStrictEqual(ruling, again)) differing.push({ key, block, ruling, again });
      }
    }
  }
  for (const one of [reader, steady.telemetry, restarted.telemetry]) one.close();
  expect(differing.slice(0, 3)).toEqual([]);
  expect(told.blocks).toBeGreaterThan(20 * ROLLOUTS);
  for (const outcome of ['rollback', 'hold', 'pass'] as const) {
    expect(told[outcome]).toBeGreaterThan(ROLLOUTS / 4);
  }
}, 240_000);

/** Both processes look after every rollout, at moments of their own; one of them starts over. */
async function lived(steady: Process, restarted: Process) {
  const random = new Random(7);
  const bases = new Map<RecordedRollout, GuardPins>();
  past.now = START;
  for (let tick = 1; past.now < END; tick += 1) {
    past.now += 3000 + random.below(7000);
    if (tick % 10 === 0) restarted.start();
    await Promise.all([steady.telemetry.sweep(past.now), restarted.telemetry.sweep(past.now)]);
    for (const rollout of rollouts) {
      const counters = steady.telemetry.grid(rollout.canary);
      const basis = bases.get(rollout) ?? (counters && basisOf(rollout.canary, counters));
      const planned = basis && plannedAt(rollout, basis, past.now);
      if (planned === undefined) continue;
      bases.set(rollout, basis!);
      if (random.next() < 0.8) await steady.look(planned);
      if (random.next() < 0.02) restarted.forget(planned);
      if (random.next() < 0.4) await restarted.look(planned);
    }
  }
  past.now = LAST_LOOK;
  for (const rollout of rollouts) {
    const planned = plannedAt(rollout, bases.get(rollout)!, past.now)!;
    for (const process of [steady, restarted]) await process.look(planned);
  }
  return bases;
}

/** The evidence after each block, as `linnet explain` computes it. */
async function replay(reader: Past, planned: Canary): Promise<Map<number, Evidence>> {
  const pinned = pinnedOf(planned.status?.guard)!;
  const span = replaySpan(pinned, LAST_LOOK, undefined);
  if (span === undefined) return new Map();
  const { span: counted } = await reader.counted(planned, span);
  const found = replayOf({ canary: planned, counted }, pinned);
  const all = found === undefined ? [] : [found.first, ...found.blocks.map(({ after }) => after)];
  return new Map(all.map((evidence) => [evidence.block, evidence]));
}

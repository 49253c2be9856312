import type { CanaryStatus, Message, Outcome, Rollout } from '../api/status.ts';
import type { Pinned, PinnedShift } from '../judge/guard/pins.ts';
import { endedRollout } from './ended-rollout.ts';
import type { Known } from './known.ts';
import type { Replay } from './replay.ts';

/** Something that happened in a rollout. */
export interface Moment {
  readonly at: string;
  /** Percent of the requests for the canary from then on, where it changed. */
  readonly weight?: number;
  readonly what: string;
}

/** What happened, in the order in which it did, as far as the Canary keeps it. */
export function timelineOf(
  { canary }: Known,
  pinned: Pinned | undefined,
  replay: Replay | undefined,
): Moment[] {
  const status = canary.status!;
  const { startedAt = '', revision, hold, outbox = [], conditions, ending } = status;
  const began = Date.parse(startedAt);
  const clockMs = pinned?.clockMs ?? 0;
  const said = outbox.filter((message) => Date.parse(message.at) >= began && isNews(message));
  const ended = endedRollout(status);
  const moments: Moment[] = [
    { at: startedAt, weight: 0, what: `revision ${revision ?? 'unknown'} is taken up` },
    ...(pinned === undefined
      ? presentWeight(status)
      : pinned.shifts.map((shift) => shiftMoment(shift, clockMs))),
    ...said.map(({ at, kind, text }) => ({ at, what: `${kind}: ${text}` })),
    ...conditions
      .filter(({ type, status: value }) => value === 'True' && /^(Preflight|Alert)/.test(type))
      .flatMap(({ lastTransitionTime: at, type, message }): Moment[] =>
        at !== undefined && Date.parse(at) >= began ? [{ at, what: `${type}: ${message}` }] : [],
      ),
    ...(hold === undefined ? [] : [{ at: hold.since, what: `holds: ${hold.reason}` }]),
    ...convicted(replay, clockMs),
    ...comparisonEnded(pinned, ended?.outcome ?? ending?.outcome),
    ...(ended === undefined ? [] : [{ at: ended.endedAt, weight: 0, what: endText(ended) }]),
  ];
  return moments.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** All that is kept of the weights where no guard has pinned them. */
function presentWeight({ step }: CanaryStatus): Moment[] {
  if (step?.since === undefined || step.weight === 0) return [];
  const { since, weight } = step;
  return [{ at: since, weight, what: `weight ${weight} % carried by every proxy` }];
}

/** That it began and how it ended stands there anyway. */
function isNews({ kind }: Message): boolean {
  return kind === 'progress' || kind === 'waiting' || kind === 'stuck' || kind === 'stalled';
}

function shiftMoment({ weight, writtenAt, carriedAt }: PinnedShift, clockMs: number): Moment {
  const carried =
    carriedAt === undefined
      ? 'no proxy is known to obey it yet'
      : `carried by every proxy ${((carriedAt - writtenAt) / 1000).toFixed(1)} s later`;
  return {
    at: timeText(writtenAt, clockMs),
    weight,
    what: `weight ${weight} % written, ${carried}`,
  };
}

function convicted(replay: Replay | undefined, clockMs: number): Moment[] {
  const conviction = replay?.last.state.conviction;
  if (conviction === undefined) return [];
  const { score, line, at } = conviction;
  const what = `the guard convicts: evidence ${score.toFixed(1)} >= ${line.toFixed(1)}`;
  return [{ at: timeText(at, clockMs), what }];
}

function comparisonEnded(pinned: Pinned | undefined, outcome: Outcome | undefined): Moment[] {
  if (pinned?.endedAt === undefined) return [];
  const at = timeText(pinned.endedAt, pinned.clockMs);
  if (outcome === 'promoted' || outcome === 'primary-stuck') {
    return [{ at, what: 'the analysis is over: the primary gets the new version' }];
  }
  return [{ at, weight: 0, what: 'the weight is taken away' }];
}

function endText({ outcome, reason, weight }: Rollout): string {
  const peak = weight === undefined ? '' : `, reached ${weight} %`;
  return `${outcome}${peak}: ${reason}`;
}

/** A time of the metrics store, as the cluster tells it. */
export function timeText(ms: number, clockMs: number): string {
  return new Date(ms - clockMs).toISOString();
}

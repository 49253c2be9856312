import type { Behaviour } from './behaviour.ts';

/** What a container is doing at a moment, and when it does something else by itself. */
export interface ContainerMoment {
  readonly state: 'creating' | 'running' | 'backing-off';
  readonly ready: boolean;
  readonly restarts: number;
  /** Milliseconds from the start of the pod to the start of the state. */
  readonly since: number;
  /** Milliseconds from the start of the pod to the next change; undefined: none. */
  readonly until: number | undefined;
}

const CREATING_MS = 50;
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 30_000;

/** The life of a container as its behaviour says, `elapsed` milliseconds after its pod started. */
export function containerMoment(
  behaviour: Pick<Behaviour, 'readyAfterMs' | 'crashAfterMs'>,
  elapsed: number,
): ContainerMoment {
  const { readyAfterMs = Infinity, crashAfterMs = Infinity } = behaviour;
  const moment = (rest: Omit<ContainerMoment, 'until'>, until: number): ContainerMoment => ({
    ...rest,
    until: Number.isFinite(until) ? until : undefined,
  });
  if (elapsed < CREATING_MS) {
    return moment({ state: 'creating', ready: false, restarts: 0, since: 0 }, CREATING_MS);
  }
  for (let restarts = 0, since = CREATING_MS; ; restarts += 1) {
    const readyAt = since + readyAfterMs;
    const crashAt = since + crashAfterMs;
    const running = { state: 'running', restarts, since } as const;
    if (elapsed < Math.min(readyAt, crashAt)) {
      return moment({ ...running, ready: false }, Math.min(readyAt, crashAt));
    }
    if (elapsed < crashAt) return moment({ ...running, ready: true }, crashAt);
    const backOff = Math.min(FIRST_BACKOFF_MS * 2 ** restarts, LONGEST_BACKOFF_MS);
    if (elapsed < crashAt + backOff) {
      const waiting = { state: 'backing-off', ready: false, restarts, since: crashAt } as const;
      return moment(waiting, crashAt + backOff);
    }
    since = crashAt + backOff;
  }
}

import { parseArgs } from 'node:util';
import { FAULT_NAMES } from '../../test/chaos/breaking.ts';
import { JOURNEYS } from '../../test/chaos/every-request.ts';
import type { Journey } from '../../test/chaos/journeys.ts';
import { wholeNumber } from '../command-line.ts';

/** Killed at every request; standing still at some; rollouts in a storm of faults. */
export type Part = 'kills' | 'pauses' | 'storm';

export interface ChaosOptions {
  readonly parts: readonly Part[];
  readonly journeys: readonly Journey[];
  /** The first request to strike at. */
  readonly from: number;
  /** The one request to strike at; undefined: as the part does it. */
  readonly request: number | undefined;
  /** The only one in the storm; undefined: all. */
  readonly fault: string | undefined;
  readonly rollouts: number;
  readonly seed: number;
  readonly minutes: number | undefined;
  readonly travellers: number;
  readonly lanes: number;
  readonly cluster: boolean;
}

const PARTS: readonly Part[] = ['kills', 'pauses', 'storm'];

export const USAGE = `npm run chaos -- [options]

Kills the controller at every request of every journey; lets it stand still at some; then rolls out at
random in a storm: replicas die, stand still, are upgraded under way and have wrong clocks, while the API
server, Redis, Prometheus and the receivers of messages fail, each in its ways. A rollout that does not
end as it would have, a step that is skipped or done twice, a message that is lost or comes twice for
no reason: each is printed with what happened meanwhile and the command that repeats it. At its end the
storm says how often each fault struck and how often it was felt. The exit code is 1 if anything failed.

  --part NAME    kills, pauses or storm only (default: one after the other)
  --journey NAME kills and pauses on this journey only: ${JOURNEYS.map(quoted).join(', ')}
  --from N       kills from the Nth request of every journey on
  --request N    kills or pauses at this request only
  --lanes N      rollouts that are struck at the same time (default 6)
  --fault NAME   nothing but this fault in the storm; the table at its end has the names
  --rollouts N   random rollouts in the storm (default 1000)
  --travellers N canaries that roll out in it at the same time (default 12)
  --minutes N    begin no more of them after so long (default: until all are over)
  --seed N       decides the faults, their order, their strength, and the pauses; not to the millisecond
                 when they strike (default: another one each time)
  --cluster      on a real kube-apiserver instead of the sandbox's`;

/** @throws Error with a sentence for people, when something given is not allowed. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: 'string' },
      journey: { type: 'string' },
      from: { type: 'string', default: '1' },
      request: { type: 'string' },
      fault: { type: 'string' },
      rollouts: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      minutes: { type: 'string' },
      travellers: { type: 'string', default: '12' },
      lanes: { type: 'string', default: '6' },
      cluster: { type: 'boolean', default: false },
    },
  });
  const { part, journey, request, fault, minutes } = values;
  return {
    parts: PARTS.filter((one) => one === (named('--part', part, PARTS, String) ?? one)),
    journeys: JOURNEYS.filter(
      (one) => one === (named('--journey', journey, JOURNEYS, nameOf) ?? one),
    ),
    from: wholeNumber('--from', values.from),
    request: request === undefined ? undefined : wholeNumber('--request', request),
    fault: named('--fault', fault, FAULT_NAMES, String),
    rollouts: wholeNumber('--rollouts', values.rollouts),
    seed: wholeNumber('--seed', values.seed, 0),
    minutes: minutes === undefined ? undefined : wholeNumber('--minutes', minutes, 0),
    travellers: wholeNumber('--travellers', values.travellers),
    lanes: wholeNumber('--lanes', values.lanes),
    cluster: values.cluster,
  };
}

function named<T>(
  option: string,
  text: string | undefined,
  allowed: readonly T[],
  nameIn: (one: T) => string,
): T | undefined {
  if (text === undefined) return undefined;
  const found = allowed.find((one) => nameIn(one) === text);
  if (found !== undefined) return found;
  throw new Error(`${option}: found '${text}', allowed is ${allowed.map(nameIn).join(', ')}`);
}

function nameOf({ name }: Journey): string {
  return name;
}

function quoted({ name }: Journey): string {
  return `'${name}'`;
}

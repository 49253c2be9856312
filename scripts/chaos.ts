import { parseArgs } from 'node:util';
import { startRedis } from '../src/processes/redis.ts';
import { findProgram } from '../src/sandbox/programs.ts';
import {
  KILLS,
  nameOf,
  strikeEverywhere,
  pauseAtSome,
  type Struck,
} from '../test/chaos/every-request.ts';
import { openLane } from '../test/chaos/lane.ts';
import { openScene, type Scene } from '../test/chaos/scene.ts';
import { ride } from '../test/chaos/storm.ts';
import { givenOptions, wholeNumber } from './command-line.ts';

const USAGE = `npm run chaos -- [options]
  --rollouts N   random rollouts under random faults (default 1000; 0: none)
  --seed N       decides the faults and their order (default: another one each time)
  --minutes N    begin no more rollouts after so long (default: until all are over)
  --travellers N canaries that roll out at the same time (default 12)
  --lanes N      rollouts that are killed at the same time (default 6; 0: kill none)
  --cluster      on a real kube-apiserver instead of the sandbox's`;

interface Options {
  readonly rollouts: number;
  readonly seed: number;
  readonly minutes: number | undefined;
  readonly travellers: number;
  readonly lanes: number;
  readonly cluster: boolean;
}

/** `npm run chaos`: killed at every request, paused at some, and a storm. Exit code 1 if any law broke. */
async function main(): Promise<number> {
  const options = givenOptions(readOptions, USAGE);
  say(`seed ${options.seed}`);
  const scene = await openScene(options.cluster ? 'real' : 'sandbox');
  const end = () => void scene.close().finally(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    say(`on ${scene.serverName}`);
    const failures = [...(await strikes(scene, options)), ...(await storm(scene, options))];
    for (const failure of failures) console.log(`\n${failure}`);
    const again = `npm run chaos -- --seed ${options.seed}${options.cluster ? ' --cluster' : ''}`;
    say(
      failures.length === 0 ? 'all as it should be' : `${failures.length} failed; again: ${again}`,
    );
    return failures.length === 0 ? 0 : 1;
  } finally {
    await scene.close();
  }
}

/** Killed at every request, before and after it; then paused for 15 and for 90 s at some. */
async function strikes(scene: Scene, { lanes: count, seed }: Options): Promise<string[]> {
  if (count === 0) return [];
  const failures: string[] = [];
  let done = 0;
  const report = (struck: Struck) => {
    done += 1;
    if (done % 20 === 0) say(`struck ${done} times, last: ${nameOf(struck)}`);
    if (struck.complaints.length > 0) {
      failures.push([nameOf(struck), ...struck.complaints].join('\n  '));
      say(`FAILED: ${nameOf(struck)}`);
    }
  };
  const redis = await startRedis(await findProgram('redis-server'));
  const numbers = Array.from({ length: count }, (_, i) => i);
  const urls = [undefined, `unix://${redis.socket}`];
  const lanes = await Promise.all(numbers.map((i) => openLane(scene, i, urls[i % 2])));
  await strikeEverywhere(lanes, KILLS, report);
  say(`killed ${done} times; now they stand still`);
  await pauseAtSome(lanes, seed, report);
  say(`struck ${done} times, ${failures.length} failed`);
  await Promise.all(lanes.map((lane) => lane.stop()));
  await redis.stop();
  return failures;
}

async function storm(scene: Scene, options: Options): Promise<string[]> {
  const { rollouts, seed, travellers, minutes } = options;
  if (rollouts === 0) return [];
  const failures: string[] = [];
  let done = 0;
  const all = await ride(scene, {
    seed,
    rollouts,
    travellers,
    ...(minutes === undefined ? {} : { longestMs: minutes * 60_000 }),
    report({ name, complaints, faults }) {
      done += 1;
      if (done % 20 === 0) say(`${done} rollouts in the storm`);
      if (complaints.length === 0) return;
      failures.push([`${name}:`, ...complaints, 'faults:', ...faults].join('\n  '));
      say(`FAILED: ${name}`);
    },
  });
  const { messages } = scene.people;
  const twice = messages.length - new Set(messages.map(({ key }) => key)).size;
  say(`${all.length} rollouts in the storm, ${failures.length} failed`);
  say(`${messages.length} messages, ${twice} of them came again after a fault`);
  return failures;
}

/** @throws Error with a sentence for people, when something given is not allowed. */
function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rollouts: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      minutes: { type: 'string' },
      travellers: { type: 'string', default: '12' },
      lanes: { type: 'string', default: '6' },
      cluster: { type: 'boolean', default: false },
    },
  });
  return {
    rollouts: wholeNumber('--rollouts', values.rollouts, 0),
    seed: wholeNumber('--seed', values.seed, 0),
    minutes: values.minutes === undefined ? undefined : wholeNumber('--minutes', values.minutes, 0),
    travellers: wholeNumber('--travellers', values.travellers, 0),
    lanes: wholeNumber('--lanes', values.lanes, 0),
    cluster: values.cluster,
  };
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

process.exit(await main());

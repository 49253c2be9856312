import { startRedis } from '../src/processes/redis.ts';
import { findProgram } from '../src/sandbox/programs.ts';
import {
  killsOn,
  nameOf,
  pausesOn,
  strikeAll,
  strikeEverywhere,
  type Struck,
} from '../test/chaos/every-request.ts';
import { openLane, type Lane } from '../test/chaos/lane.ts';
import type { Toll } from '../test/chaos/breaking.ts';
import { openScene, type Scene } from '../test/chaos/scene.ts';
import { ride } from '../test/chaos/storm.ts';
import { readOptions, USAGE, type ChaosOptions } from './chaos/options.ts';
import { givenOptions } from './command-line.ts';

/** `npm run chaos`: killed at every request, paused at some, and a storm. Exit code 1 if any law broke. */
async function main(): Promise<number> {
  const options = givenOptions(readOptions, USAGE);
  const { parts, seed, cluster } = options;
  say(`seed ${seed}`);
  const scene = await openScene(cluster ? 'real' : 'sandbox');
  const end = () => void scene.close().finally(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    say(`on ${scene.serverName}`);
    const struck = parts.some((part) => part !== 'storm') ? await strikes(scene, options) : 0;
    const stormed = parts.includes('storm') ? await storm(scene, options) : 0;
    const failed = struck + stormed;
    say(failed === 0 ? 'all as it should be' : `${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await scene.close();
  }
}

/** Killed at every request, before and after it; then paused for 15 and for 90 s at some. */
async function strikes(scene: Scene, options: ChaosOptions): Promise<number> {
  let done = 0;
  let failed = 0;
  const report = (struck: Struck) => {
    done += 1;
    if (done % 20 === 0) say(`struck ${done} times, last: ${nameOf(struck)}`);
    if (struck.complaints.length === 0) return;
    failed += 1;
    sayFailed(nameOf(struck), [...struck.complaints, again(struck, options)]);
  };
  const redis = await startRedis(await findProgram('redis-server'));
  const numbers = Array.from({ length: options.lanes }, (_, i) => i);
  const urls = [undefined, `unix://${redis.socket}`];
  const lanes = await Promise.all(numbers.map((i) => openLane(scene, i, urls[i % 2])));
  if (options.parts.includes('kills')) await kill(lanes, options, report);
  if (options.parts.includes('pauses')) {
    say('now they stand still');
    await strikeAll(lanes, pausesOn(options.journeys, options), report);
  }
  say(`struck ${done} times, ${failed} failed`);
  await Promise.all(lanes.map((lane) => lane.stop()));
  await redis.stop();
  return failed;
}

async function kill(
  lanes: readonly Lane[],
  { journeys, from, request }: ChaosOptions,
  report: (struck: Struck) => void,
): Promise<void> {
  const kinds = killsOn(journeys);
  if (request === undefined) return strikeEverywhere(lanes, { kinds, from }, report);
  const strikesThere = kinds.map((kind) => ({ ...kind, n: request }));
  return strikeAll(lanes, strikesThere, report);
}

/** Both sides of the same request, on a lane with a Redis of its own and on one that shares it. */
function again({ strike }: Struck, { cluster }: ChaosOptions): string {
  const part = strike.pauseMs === undefined ? 'kills' : 'pauses';
  const place = `--journey '${strike.journey.name}' --request ${strike.n}`;
  return `again: npm run chaos -- --part ${part} ${place}${cluster ? ' --cluster' : ''}`;
}

async function storm(scene: Scene, options: ChaosOptions): Promise<number> {
  const { rollouts, seed, travellers, minutes, fault, cluster } = options;
  const same = `--part storm --seed ${seed} --rollouts ${rollouts} --travellers ${travellers}`;
  const alone = fault === undefined ? '' : ` --fault '${fault}'`;
  const repeat = `again: npm run chaos -- ${same}${alone}${cluster ? ' --cluster' : ''}`;
  let failed = 0;
  const begun = performance.now();
  let done = 0;
  const { rollouts: all, tolls } = await ride(scene, {
    seed,
    rollouts,
    travellers,
    fault,
    ...(minutes === undefined ? {} : { longestMs: minutes * 60_000 }),
    report({ name, complaints, faults }) {
      done += 1;
      if (done % 20 === 0) {
        const leftMs = ((performance.now() - begun) / done) * (rollouts - done);
        say(`${done} of ${rollouts} rollouts in the storm, ${Math.ceil(leftMs / 60_000)} min left`);
      }
      if (complaints.length === 0) return;
      failed += 1;
      sayFailed(name, [...complaints, 'faults:', ...faults, repeat]);
    },
  });
  const { messages } = scene.people;
  const twice = messages.length - new Set(messages.map(({ key }) => key)).size;
  say(
    ['faults, how often each struck and how often it was felt:', ...tollTable(tolls)].join('\n  '),
  );
  say(`${all.length} rollouts in the storm, ${failed} failed`);
  say(`${messages.length} messages, ${twice} of them came again after a fault`);
  return failed;
}

/** What was never felt proves nothing; in a short storm not everything has its turn. */
function tollTable(tolls: readonly Toll[]): string[] {
  const width = Math.max(...tolls.map(({ name }) => name.length));
  return tolls.map(({ name, struck, felt }) => {
    const row = `${name.padEnd(width)} ${String(struck).padStart(5)} ${String(felt).padStart(7)}`;
    if (felt > 0) return row;
    return `${row}  ${struck > 0 ? 'never felt' : 'had no turn'}`;
  });
}

function sayFailed(name: string, lines: readonly string[]): void {
  say([`FAILED: ${name}`, ...lines].join('\n  '));
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

process.exit(await main());

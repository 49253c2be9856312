import { afterAll, beforeAll, type TestContext } from 'vitest';
import type { Linnet, LinnetOptions } from '../controller/linnet.ts';
import { Play } from './play.ts';
import type { Stage } from './stage.ts';

/** A scenario waits for several events, each of them patiently. */
export const SCENARIO = { timeout: 240_000 };

/** What all rollouts of a suite share: the stage, and one controller for the whole fleet. */
export interface Fleet {
  stage: Stage;
  linnet: Linnet;
  /** A namespace for one test; what the controller logged about it is shown if the test fails. */
  play(label: string, context: TestContext): Promise<Play>;
}

/** Starts stage and controller for the tests of a file. */
export function prepareFleet(prepare: () => Promise<Stage>, options?: LinnetOptions): Fleet {
  const fleet = {} as Fleet;
  beforeAll(async () => {
    fleet.stage = await prepare();
    fleet.linnet = await fleet.stage.startLinnet(options);
    fleet.play = async (label, context) =>
      playWith(fleet.stage, fleet.linnet, await fleet.stage.newNamespace(label), context);
  });
  afterAll(async () => {
    await fleet.linnet?.stop();
    await fleet.stage?.close();
  });
  return fleet;
}

/** A namespace, and a controller; what both say of it is shown if the test fails. */
export function playWith(
  stage: Stage,
  linnet: Linnet,
  namespace: string,
  { onTestFailed, onTestFinished }: TestContext,
): Play {
  const play = new Play(stage, linnet, namespace);
  onTestFailed(async () => {
    const about = linnet.logs().filter((line) => line.includes(namespace));
    console.error(`what Linnet logged about ${namespace}:\n${about.slice(-40).join('\n')}`);
    console.error(`its Canaries:\n${(await play.verdicts()).join('\n')}`);
  });
  onTestFinished(() => play.end());
  return play;
}

import { prepareFleet } from '../scenarios/fleet.ts';
import { describeRollouts } from '../scenarios/rollouts.ts';
import { meshStage } from './stage.ts';

/** What holds in the sandbox and on a cluster whose mesh is played holds on a real one. */
describeRollouts(prepareFleet(meshStage));

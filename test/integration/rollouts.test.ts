import { describeRollouts, prepareFleet } from '../scenarios/rollouts.ts';
import { sandboxStage } from './stage.ts';

const fleet = prepareFleet(sandboxStage);

describeRollouts(fleet);

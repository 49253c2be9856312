import { describeRollouts, prepareFleet } from '../scenarios/rollouts.ts';
import { clusterStage } from './stage.ts';

const fleet = prepareFleet(clusterStage);

describeRollouts(fleet);

import { prepareFleet } from '../scenarios/fleet.ts';
import { describeFlagger } from '../scenarios/flagger.ts';
import { clusterStage } from './stage.ts';

describeFlagger(prepareFleet(clusterStage));

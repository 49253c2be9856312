import { describeExamples } from '../scenarios/examples.ts';
import { prepareFleet } from '../scenarios/fleet.ts';
import { sandboxStage } from './stage.ts';

describeExamples(prepareFleet(sandboxStage));

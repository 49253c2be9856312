import { describeGuard } from '../scenarios/guard.ts';
import { prepareFleet } from '../scenarios/fleet.ts';
import { sandboxStage } from './stage.ts';

describeGuard(prepareFleet(sandboxStage));

import { describeAdoption } from '../scenarios/adoption.ts';
import { prepareFleet } from '../scenarios/fleet.ts';
import { describeMessages } from '../scenarios/messages.ts';
import { describeRollouts } from '../scenarios/rollouts.ts';
import { describeSteering } from '../scenarios/steering.ts';
import { sandboxStage } from './stage.ts';

const fleet = prepareFleet(sandboxStage);

describeAdoption(fleet);
describeRollouts(fleet);
describeSteering(fleet);
describeMessages(fleet);

import { prepareFleet } from '../scenarios/fleet.ts';
import { describeWrongInput } from '../scenarios/wrong-input.ts';
import { sandboxStage } from './stage.ts';

describeWrongInput(prepareFleet(sandboxStage, { env: { LINNET_NO_CROSS_NAMESPACE_REFS: 'true' } }));

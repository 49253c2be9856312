import { prepareFleet } from '../scenarios/fleet.ts';
import { describeWrongInput } from '../scenarios/wrong-input.ts';
import { clusterStage } from './stage.ts';

describeWrongInput(prepareFleet(clusterStage, { env: { LINNET_NO_CROSS_NAMESPACE_REFS: 'true' } }));

import { SCALED_OBJECTS } from '../builders/keda.ts';
import { prepareFleet } from '../scenarios/fleet.ts';
import { describeFlagger } from '../scenarios/flagger.ts';
import { sandboxStage } from './stage.ts';

const fleet = prepareFleet(async () => {
  const stage = await sandboxStage();
  await stage.api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', SCALED_OBJECTS);
  return stage;
});

describeFlagger(fleet);

import { prepareMidRollout } from '../scenarios/mid-rollout.ts';
import { describeShards } from '../scenarios/shards.ts';
import { sandboxStage } from './stage.ts';

describeShards(prepareMidRollout(sandboxStage));

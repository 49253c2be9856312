import { prepareMidRollout } from '../scenarios/mid-rollout.ts';
import { describeShards } from '../scenarios/shards.ts';
import { clusterStage } from './stage.ts';

describeShards(prepareMidRollout(clusterStage));

import { describeSecrets } from '../scenarios/secrets.ts';
import { clusterStage } from './stage.ts';

describeSecrets(clusterStage);

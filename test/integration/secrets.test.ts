import { describeSecrets } from '../scenarios/secrets.ts';
import { sandboxStage } from './stage.ts';

describeSecrets(sandboxStage);

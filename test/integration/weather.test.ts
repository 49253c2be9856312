import { describeWeather } from '../scenarios/weather.ts';
import { sandboxStage } from './stage.ts';

describeWeather(sandboxStage);

import { describeWeather } from '../scenarios/weather.ts';
import { clusterStage } from './stage.ts';

describeWeather(clusterStage);

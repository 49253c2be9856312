import { describeApiWeather } from './weather-api.ts';
import { describeDeaths } from './weather-deaths.ts';
import { describePrometheusWeather } from './weather-prometheus.ts';
import { describeRedisWeather } from './weather-redis.ts';
import { describeReplicas } from './replicas.ts';
import { prepareMidRollout } from './mid-rollout.ts';
import type { Stage } from './stage.ts';

/** What Linnet leans on goes away in mid-rollout; each time a controller of its own feels it. */
export function describeWeather(prepare: () => Promise<Stage>): void {
  const mid = prepareMidRollout(prepare);
  // It has the longest of them; they run side by side.
  describeApiWeather(mid);
  describeDeaths(mid);
  describeReplicas(mid);
  describeRedisWeather(mid);
  describePrometheusWeather(mid);
}

import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Processor time, memory, garbage collection and event loop of this process, under the names that
 * prom-client gives to all Node programs.
 */
export function processMetrics(): Registry {
  known ??= collected();
  return known;
}

/** Its observers stay for as long as the process: so there is one. */
let known: Registry | undefined;

function collected(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

import { startLinnetProcess, type LinnetProcess } from '../controller/linnet-process.ts';
import type { Crossing } from '../weather/crossing.ts';
import type { Scene } from './scene.ts';

/** Something that happened to a controller, by `performance.now()`. */
export interface Interruption {
  readonly kind: 'killed' | 'paused';
  readonly from: number;
  /** Infinity while it lasts. */
  until: number;
}

/** A place where a controller runs; when it dies, another takes the seat. */
export interface Seat {
  readonly crossing: Crossing;
  readonly interruptions: readonly Interruption[];
  /** What all that sat here logged. */
  logs(): string[];
  /** Of the one that runs: `/metrics` and the probes. */
  readonly url: string;
  /** From its next start on another build of Linnet runs here. */
  install(main: string): void;
  /** Resolves when a controller runs here, with these modules loaded before it. */
  start(imports?: readonly string[]): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<number | null>;
}

export interface SeatOptions {
  readonly flags?: Readonly<Record<string, string>>;
  readonly main?: string;
  readonly imports?: readonly string[];
}

export async function takeSeat(scene: Scene, options: SeatOptions = {}): Promise<Seat> {
  const crossing = await scene.apiCrossing();
  const { kubeconfig } = crossing;
  const { flags = {} } = options;
  let { main = scene.shipped.main } = options;
  const all = { kubeconfig, prometheus: scene.people.url, drain: '0s', 'sweep-interval': '1s' };
  const interruptions: Interruption[] = [];
  const past: string[] = [];
  let running: LinnetProcess | undefined;

  /** One that dies at its start is started again, as a kubelet does. */
  async function start(imports = options.imports ?? []): Promise<void> {
    for (let deaths = 0; running === undefined; deaths += 1) {
      try {
        running = await startLinnetProcess({ ...all, ...flags }, {}, { main, imports });
      } catch (error) {
        past.push(String(error));
        if (deaths >= MOST_DEATHS) throw error;
      }
    }
  }

  return {
    crossing,
    interruptions,
    logs: () => [...past, ...(running?.logs() ?? [])],
    get url() {
      return running?.url ?? '';
    },
    install(build) {
      main = build;
    },
    start,
    async kill() {
      const killed = running;
      running = undefined;
      interruptions.push({ kind: 'killed', from: performance.now(), until: performance.now() });
      await killed?.kill();
      past.push(...(killed?.logs() ?? []), '--- killed ---');
    },
    pause() {
      running?.pause();
      interruptions.push({ kind: 'paused', from: performance.now(), until: Infinity });
    },
    resume() {
      running?.resume();
      for (const one of interruptions) one.until = Math.min(one.until, performance.now());
    },
    async stop() {
      const stopped = running;
      running = undefined;
      return (await stopped?.stop()) ?? null;
    },
  };
}

/** In a row, before it is no weather any more. */
const MOST_DEATHS = 20;

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';

export interface ContainerOptions {
  readonly address: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** A folder of its own that lives as long as the pod. */
  readonly state: string;
  /** Called at each change of `state`. */
  readonly onChange: () => void;
}

export type ContainerState = 'starting' | 'ready' | 'crashed';

const SERVER = path.join(import.meta.dirname, 'pod-server.mjs');
const PROBE_MS = 200;
/** Of Kubernetes' ten seconds: the first crash is followed by a start soon, later ones are not. */
const RESTART_MS = 1000;

/** The one container of a pod: a real process that is probed, and started again when it ends. */
export class Container {
  state: ContainerState = 'starting';
  readonly #options: ContainerOptions;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(options: ContainerOptions) {
    this.#options = options;
    mkdirSync(options.state, { recursive: true });
    this.#start();
  }

  /** Asks it to end; resolves when it has, or was killed after the pod's grace. */
  async end(graceMs: number): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(late);
  }

  #start(): void {
    const { address, port, env, state } = this.#options;
    const own = { ADDRESS: address, PORT: String(port), STATE: state, ...env };
    const child = spawn(process.execPath, [SERVER], {
      env: own,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#process = child;
    child.once('error', () => this.#crashed());
    child.once('exit', () => this.#crashed());
    this.#probeLater();
  }

  #crashed(): void {
    this.#process = undefined;
    clearTimeout(this.#timer);
    if (this.#isEnding) return;
    this.#become('crashed');
    this.#timer = setTimeout(() => this.#start(), RESTART_MS);
  }

  #probeLater(): void {
    this.#timer = setTimeout(() => void this.#probe(), PROBE_MS);
  }

  async #probe(): Promise<void> {
    const asked = this.#process;
    const isReady = await this.#isReady();
    if (asked !== this.#process || this.#isEnding) return;
    if (isReady) this.#become('ready');
    else if (this.state === 'ready') this.#become('starting');
    if (this.state !== 'ready') this.#probeLater();
  }

  /** A process that is ready stays so until it ends: nothing here gets unready by itself. */
  async #isReady(): Promise<boolean> {
    const { address, port } = this.#options;
    try {
      const answer = await request(`http://${address}:${port}/readyz`, { reset: true });
      await answer.body.dump();
      return answer.statusCode === 200;
    } catch {
      return false;
    }
  }

  #become(state: ContainerState): void {
    if (this.state === state) return;
    this.state = state;
    this.#options.onChange();
  }
}

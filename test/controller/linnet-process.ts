import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expectNoLeaks, leaksIn, plant, secretsOfKubeconfig } from './planted.ts';
import { TIED } from './tied.ts';

/** A controller that runs. */
export interface LinnetProcess {
  /** Where /metrics, /healthz and /readyz are. */
  readonly url: string;
  /** What it logged so far, one line an event. */
  logs(): readonly string[];
  /** Resolves with a line that it logged, or logs from now on; rejects when it ends before. */
  logged(line: RegExp): Promise<string>;
  /** As a node that loses its power. */
  kill(): Promise<void>;
  /** As a node that has no time for it: it stands still, its connections stay open. */
  pause(): void;
  resume(): void;
  /** As a kubelet does it. Resolves with the exit code, rejects when it has to be killed. */
  stop(): Promise<number | null>;
}

/** What a command said at its end. */
export interface CommandEnd {
  readonly code: number | null;
  readonly output: string;
}

/** What is run as the controller. */
export interface Program {
  /** A build of `main.ts`; without it the sources are run. */
  readonly main?: string | undefined;
  /** Modules that are loaded before it. */
  readonly imports?: readonly string[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const COMMAND = ['--import', 'tsx', path.join(ROOT, 'src/main.ts')];

/**
 * Starts `linnet run` as it is shipped, with nothing of this process in its environment but where
 * programs are. Resolves when it works; rejects with its log when it ends before. Whatever it does, it
 * must not show a planted secret nor one of its kubeconfig: its end rejects when it did.
 */
export async function startLinnetProcess(
  flags: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
  { main, imports = [] }: Program = {},
): Promise<LinnetProcess> {
  const secrets = secretsOfKubeconfig(flags['kubeconfig']);
  const given = Object.entries({ port: '0', ...flags, ...withPassword(flags) }).map(
    ([name, value]) => `--${name}=${value}`,
  );
  const before = [...TIED, ...imports.flatMap((module) => ['--import', module])];
  const command = main === undefined ? COMMAND : [main];
  const child = spawn(process.execPath, [...before, ...command, 'run', ...given], {
    cwd: ROOT,
    env: { ...surroundings(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const log = new Log([child.stdout, child.stderr], ended);
  const started = await log.logged(/Linnet is running/);
  const { port } = JSON.parse(started) as { port: number };
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const code = await ended;
    expectNoLeaks(leaksIn(log.lines.join('\n'), secrets), 'Linnet’s logs');
    return code;
  };
  return {
    url,
    logs: () => log.lines,
    logged: (line) => log.logged(line),
    kill: async () => void (await end('SIGKILL')),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      expectNoLeaks(leaksIn(await pagesOf(url), secrets), 'Linnet’s pages');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      const code = await end('SIGTERM');
      clearTimeout(late);
      if (child.signalCode === null) return code;
      const tail = log.lines.slice(-30).join('\n');
      throw new Error(`Linnet did not end within ${STOP_MS} ms of SIGTERM:\n${tail}`);
    },
  };
}

/** A password that this Prometheus does not ask for: nobody may ever see it. */
function withPassword({ prometheus }: Readonly<Record<string, string>>): Record<string, string> {
  return prometheus === undefined
    ? {}
    : { prometheus: prometheus.replace('://', `://linnet:${plant()}@`) };
}

/** Everything that a process answers whoever can reach it; nothing when it does not answer. */
async function pagesOf(url: string): Promise<string> {
  const paths = ['metrics', 'healthz', 'readyz', ''];
  const pages = paths.map((page) =>
    fetch(`${url}/${page}`, { signal: AbortSignal.timeout(5000) })
      .then((answer) => answer.text())
      .catch(() => ''),
  );
  return (await Promise.all(pages)).join('\n');
}

/** As long as a kubelet gives it. */
const STOP_MS = 30_000;

/** Runs another command of Linnet to its end. */
export async function runLinnet(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [...COMMAND, ...args], {
    cwd: ROOT,
    env: { ...surroundings(), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

function surroundings(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'LINNET_CACHE_DIR'];
  const pairs = names.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

class Log {
  readonly lines: string[] = [];
  readonly #waiting = new Set<(line: string) => void>();
  readonly #ended: Promise<number | null>;

  constructor(streams: NodeJS.ReadableStream[], ended: Promise<number | null>) {
    this.#ended = ended;
    for (const stream of streams) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        for (const look of this.#waiting) look(line);
      });
    }
  }

  async logged(pattern: RegExp): Promise<string> {
    const before = this.lines.find((line) => pattern.test(line));
    if (before !== undefined) return before;
    let look: (line: string) => void = () => undefined;
    const found = new Promise<string>((resolve) => {
      look = (line) => pattern.test(line) && resolve(line);
      this.#waiting.add(look);
    });
    const tooLate = this.#ended.then((code) => {
      const tail = this.lines.slice(-30).join('\n');
      throw new Error(`Linnet ended with code ${code} and never logged ${pattern}:\n${tail}`);
    });
    tooLate.catch(() => undefined);
    try {
      return await Promise.race([found, tooLate]);
    } finally {
      this.#waiting.delete(look);
    }
  }
}

#!/usr/bin/env node
import { Command, Option } from 'commander';
import type { BacktestOptions } from './cli/backtest.ts';
import type { ExplainOptions } from './cli/explain.ts';
import { ConfigError } from './config.ts';
import { type Setting, SETTINGS, type SettingName, variableOf } from './settings.ts';
import { VERSION } from './version.ts';

/** Each command is loaded when it is run: `status` does not pay for the controller. */
const program = new Command('linnet')
  .description(
    'Progressive delivery for Kubernetes: canaries that are judged, promoted or taken back.',
  )
  .version(VERSION, '-v, --version')
  .showHelpAfterError('(linnet --help shows what there is)');

const run = program.command('run').description('Run the controller.');
for (const setting of SETTINGS) {
  const option = optionOf(setting);
  if (option !== undefined) run.addOption(option);
}
run.addHelpText('after', `\n${environmentHelp()}`);
run.action(async (flags: Record<string, string | boolean>) => {
  const { runController } = await import('./cli/run.ts');
  await runController(givenBy(flags), process.env);
});

program
  .command('status')
  .description('Show how the canaries are: all of them, or one.')
  .argument('[name]', 'name of a Canary')
  .option('-n, --namespace <name>', 'namespace to look in')
  .option('-A, --all-namespaces', 'look everywhere')
  .option('-w, --watch', 'go on showing it as it changes')
  .option('--kubeconfig <file>', 'kubeconfig to use')
  .action(async (name: string | undefined, options: Record<string, never>) => {
    const { showStatus } = await import('./cli/status.ts');
    process.exitCode = await showStatus(name, options);
  });

asksPrometheus(
  program
    .command('explain')
    .description(
      'Show the whole case of the present or last rollout, from the Canary and Prometheus.',
    )
    .argument('<name>', 'name of a Canary')
    .option('-n, --namespace <name>', 'namespace to look in')
    .option('--kubeconfig <file>', 'kubeconfig to use'),
)
  .addOption(
    new Option('--output <format>', 'what is printed').choices(['text', 'json']).default('text'),
  )
  .option('--html <file>', 'also write the case as a page of its own')
  .action(async (name: string, options: ExplainOptions) => {
    const { explain } = await import('./cli/explain.ts');
    process.exitCode = await explain(name, options);
  });

asksPrometheus(
  program
    .command('backtest')
    .description('Say what a policy would have done with the rollouts that Prometheus remembers.')
    .requiredOption(
      '-f, --filename <file>',
      'file with Canaries, also of Flagger; repeat it for several workloads',
      (file: string, before: string[] | undefined) => [...(before ?? []), file],
    )
    .option('--against <file>', 'a second policy for the same history')
    .option('-n, --namespace <name>', 'namespace of Canaries that name none', 'default')
    .option('--versions <list>', 'workloads that are the versions, such as web-v1,web-v2'),
)
  .option(
    '--from <time>',
    'where history begins: RFC 3339, seconds since 1970, or so long ago',
    '-24h',
  )
  .option('--to <time>', 'where it ends: RFC 3339, seconds since 1970, so long ago, or now', 'now')
  .addOption(
    new Option('--output <format>', 'what is printed').choices(['text', 'json']).default('text'),
  )
  .action(async (options: BacktestOptions) => {
    const { backtest } = await import('./cli/backtest.ts');
    process.exitCode = await backtest(options);
  });

program
  .command('sandbox')
  .description('Run a mesh on this machine, without a cluster: apply manifests to it with kubectl.')
  .action(async () => {
    const { runSandbox } = await import('./cli/sandbox.ts');
    process.exitCode = await runSandbox();
  });

program
  .command('demo')
  .description('Watch two rollouts of a small shop in the sandbox: one promoted, one taken back.')
  .option('--plain', 'print lines instead of drawing')
  .action(async (options: { plain?: boolean }) => {
    const { playDemo } = await import('./cli/demo.ts');
    const { createScreen } = await import('./cli/demo-screen.ts');
    process.exitCode = await playDemo(createScreen(options.plain === true));
  });

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exitCode = 1;
});

/** Which Prometheus is asked for what was, and how that names what the mesh counts. */
function asksPrometheus(command: Command): Command {
  return command
    .option('--prometheus <url>', 'Prometheus to ask, as this machine reaches it')
    .option('--prometheus-token-file <file>', 'bearer token for it')
    .option('--prometheus-ca-file <file>', 'PEM file of the authority that signed its certificate')
    .option('--metric-prefix <name>', 'what its series of the mesh begin with, instead of istio')
    .option('--metric-labels <list>', 'its names of labels, such as destination_workload=workload')
    .option('--metric-reporters <list>', 'values of the label reporter that are believed')
    .option('--recorded-metrics', 'read the series that the rules of the chart record');
}

function optionOf({ name, value, meaning, fallback, secret }: Setting): Option | undefined {
  if (secret === true) return undefined;
  const shown = fallback === undefined ? meaning : `${meaning} Default: ${fallback}.`;
  // As `no-...` commander would make a switch of its own that defaults to true.
  return new Option(`--${name}${value === undefined ? '' : ` <${value}>`}`, shown);
}

function environmentHelp(): string {
  const all: readonly Setting[] = SETTINGS;
  const secrets = all.filter(({ secret }) => secret === true);
  const lines = secrets.map(({ name, meaning }) => `  ${variableOf(name)}  ${meaning}`);
  return `Each option can be set by an environment variable: --port is ${variableOf('port')}.\nOnly there:\n${lines.join('\n')}`;
}

/** Commander gives camelCase and turns `--no-x` into `x: false`; settings have their names back. */
function givenBy(flags: Record<string, string | boolean>): Partial<Record<SettingName, string>> {
  const entries = Object.entries(flags).map(([flag, value]) => {
    const name = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return value === false ? [`no-${name}`, 'true'] : [name, String(value)];
  });
  const given = Object.fromEntries(entries) as Record<string, string>;
  const known = SETTINGS.filter(({ name }) => given[name] !== undefined);
  return Object.fromEntries(known.map(({ name }) => [name, given[name]]));
}

/** Errors that are meant for people come as their sentence; the rest with where they come from. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  return process.env['LINNET_LOG_LEVEL'] === 'debug'
    ? (error.stack ?? error.message)
    : error.message;
}

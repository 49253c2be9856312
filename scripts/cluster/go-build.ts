import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './run-command.ts';

const NEEDED_GO = { major: 1, minor: 26 };
const COMMANDS = ['kube-apiserver', 'kube-controller-manager', 'kubectl'];
const SMALL = '-s -w';

/** Builds kube-apiserver, kube-controller-manager and kubectl of `version` into `target`. */
export async function buildKubernetes(version: string, target: string): Promise<void> {
  await requireGo();
  const source = path.join(target, 'source');
  await mkdir(source);
  await writeFile(path.join(source, 'go.mod'), await wrapperModule(version));
  await writeFile(path.join(source, 'tools.go'), toolsFile());
  await runCommand('go', ['mod', 'tidy'], { cwd: source, env: GO_ENVIRONMENT });
  const packages = COMMANDS.map((name) => `k8s.io/kubernetes/cmd/${name}`);
  const flags = ['-trimpath', '-ldflags', kubernetesLinkerFlags(version)];
  await runCommand('go', ['build', ...flags, '-o', `${target}/`, ...packages], {
    cwd: source,
    env: GO_ENVIRONMENT,
  });
}

/** Builds helm into `target`, with `kubernetes` as the version it assumes when it has no cluster. */
export async function buildHelm(
  version: string,
  kubernetes: string,
  target: string,
): Promise<void> {
  await requireGo();
  const [major, minor] = kubernetes.split('.');
  const variables = [`helm.sh/helm/v3/internal/version.version=v${version}`];
  for (const holder of ['chartutil', 'lint/rules']) {
    variables.push(`helm.sh/helm/v3/pkg/${holder}.k8sVersionMajor=${major}`);
    variables.push(`helm.sh/helm/v3/pkg/${holder}.k8sVersionMinor=${minor}`);
  }
  const flags = ['-trimpath', '-ldflags', linkerFlags(variables)];
  await runCommand('go', ['install', ...flags, `helm.sh/helm/v3/cmd/helm@v${version}`], {
    cwd: target,
    env: { ...GO_ENVIRONMENT, GOBIN: target },
  });
}

/** Downloads a Go module and returns the folder that holds its files. Builds nothing. */
export async function downloadModule(module: string, version: string): Promise<string> {
  return (await moduleDownload(module, version)).Dir;
}

export const GO_ENVIRONMENT = { CGO_ENABLED: '0', GOWORK: 'off' };

export async function requireGo(): Promise<void> {
  const wanted = `${NEEDED_GO.major}.${NEEDED_GO.minor}`;
  const advice = `this suite builds Kubernetes and Istio from source with Go ${wanted} or newer: install it (https://go.dev/doc/install) and put go on the PATH`;
  const found = await runCommand('go', ['env', 'GOVERSION']).catch((error: unknown) => {
    throw new Error(`Go is missing; ${advice}`, { cause: error });
  });
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(found) ?? [];
  const isNewEnough =
    Number(major) > NEEDED_GO.major ||
    (Number(major) === NEEDED_GO.major && Number(minor) >= NEEDED_GO.minor);
  if (!isNewEnough) throw new Error(`Go is too old (${found.trim()}); ${advice}`);
}

/**
 * A module that requires Kubernetes. Kubernetes' own go.mod replaces its staging modules by
 * folders that its published module lacks; here each is the module published with that release.
 */
async function wrapperModule(version: string): Promise<string> {
  const goMod = await readFile((await moduleDownload('k8s.io/kubernetes', version)).GoMod, 'utf8');
  const staging = [...goMod.matchAll(/^\s+(k8s\.io\/[\w-]+) => \.\/staging\//gm)];
  const [, minor, patch] = version.split('.');
  return [
    'module linnet.dev/cluster-binaries',
    '',
    /^go .+$/m.exec(goMod)?.[0] ?? '',
    '',
    `require k8s.io/kubernetes v${version}`,
    '',
    'replace (',
    ...staging.map(([, name]) => `\t${name} => ${name} v0.${minor}.${patch}`),
    ')',
    '',
  ].join('\n');
}

/** Names the commands, so that `go mod tidy` keeps what they need. */
function toolsFile(): string {
  const imports = COMMANDS.map((name) => `\t_ "k8s.io/kubernetes/cmd/${name}"`);
  return ['//go:build tools', '', 'package tools', '', 'import (', ...imports, ')', ''].join('\n');
}

/** Without a version, kubectl and the checks of CustomResourceDefinitions misbehave. */
function kubernetesLinkerFlags(version: string): string {
  const [major, minor] = version.split('.');
  return linkerFlags(
    ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((holder) => [
      `${holder}.gitVersion=v${version}`,
      `${holder}.gitMajor=${major}`,
      `${holder}.gitMinor=${minor}`,
    ]),
  );
}

function linkerFlags(variables: string[]): string {
  return [SMALL, ...variables.map((variable) => `-X ${variable}`)].join(' ');
}

async function moduleDownload(
  module: string,
  version: string,
): Promise<{ Dir: string; GoMod: string }> {
  await requireGo();
  const output = await runCommand('go', ['mod', 'download', '-json', `${module}@v${version}`], {
    env: GO_ENVIRONMENT,
  });
  return JSON.parse(output) as { Dir: string; GoMod: string };
}

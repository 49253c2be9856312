import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GO_ENVIRONMENT, requireGo } from './go-build.ts';
import { runCommand } from './run-command.ts';

/** The commit of Istio's 1.31 branch, its API, and the forms of Envoy's API that it speaks. */
const MODULE = `module linnet.dev/mesh-binaries

go 1.26.0

require (
	istio.io/istio v0.0.0-20260827124520-eed52ebb66ad
	github.com/envoyproxy/go-control-plane/envoy v1.37.1-0.20260731231718-6c0b035a1609
	github.com/envoyproxy/go-control-plane/contrib v1.36.1-0.20260731231718-6c0b035a1609
)

replace (
	istio.io/api => istio.io/api v1.31.1
	istio.io/client-go => istio.io/client-go v1.31.1
)
`;

const COMMAND = 'istio.io/istio/pilot/cmd/pilot-discovery';

/**
 * Builds istiod (`pilot-discovery`) into `target`. Without `go mod tidy`: it asks for what only
 * Istio's own tests need.
 */
export async function buildIstiod(target: string): Promise<void> {
  await requireGo();
  const source = path.join(target, 'source');
  await mkdir(source);
  await writeFile(path.join(source, 'go.mod'), MODULE);
  const flags = ['-mod=mod', '-trimpath', '-ldflags', '-s -w'];
  await runCommand('go', ['build', ...flags, '-o', `${target}/`, COMMAND], {
    cwd: source,
    env: GO_ENVIRONMENT,
  });
}

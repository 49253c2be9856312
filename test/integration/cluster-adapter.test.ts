import { afterAll } from 'vitest';
import { type SandboxServer, sandboxApiServer } from '../builders/sandbox-api-server.ts';
import { describeClusterAdapter } from '../conformance/cluster-adapter.ts';

let server: SandboxServer | undefined;
afterAll(() => server?.stop());

describeClusterAdapter(async () => (server = await sandboxApiServer()));

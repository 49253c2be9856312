import { afterAll, beforeAll } from 'vitest';
import { type SandboxServer, sandboxApiServer } from '../builders/sandbox-api-server.ts';
import { type ApiServer, reachApiServer } from '../conformance/api/api-server.ts';
import { describeApi } from '../conformance/api.ts';
import { describeAdmission } from '../manifests/admission.ts';

const TOKEN = 'conformance';
let sandbox: SandboxServer;
let server: ApiServer;

beforeAll(async () => {
  sandbox = await sandboxApiServer({ token: TOKEN });
  const revisionTooOld = () => {
    sandbox.faults.compact();
    return '1';
  };
  server = reachApiServer({ url: sandbox.url, token: TOKEN, revisionTooOld });
});
afterAll(async () => {
  await server.close();
  await sandbox.stop();
});

describeApi(() => server);
describeAdmission(() => ({ post: (path, body) => server.send('POST', path, { body }) }));

// A version of a workload: one process a pod, bound to its address. What it is like stands in its
// environment; it keeps to the ways of a well-behaved server behind Envoy.
import { existsSync, writeFileSync } from 'node:fs';
import http from 'node:http';

const { ADDRESS, PORT, POD, VERSION, STATE } = process.env;
const number = (name) => Number(process.env[name] ?? 0);
const errorShare = number('ERROR_SHARE');
const errorStatus = number('ERROR_STATUS');
const latencyMs = number('LATENCY_MS');
const readyAt = performance.now() + number('READY_AFTER_MS');
const drainMs = number('DRAIN_MS');

/** Like an emptyDir: who crashed for good still does when his container starts again. */
const crashesFile = `${STATE}/crashes`;
if (existsSync(crashesFile)) process.exit(1);

/** Every share of requests fails exactly, spread evenly. */
let owed = 0;

const server = http.createServer((request, response) => {
  response.setHeader('x-version', VERSION);
  response.setHeader('x-pod', POD);
  if (request.url === '/readyz') {
    response.writeHead(performance.now() < readyAt ? 503 : 200).end();
    return;
  }
  if (request.url === '/crash') {
    writeFileSync(crashesFile, '');
    process.exit(1);
  }
  owed += errorShare;
  const fails = owed >= 1;
  if (fails) owed -= 1;
  setTimeout(() => response.writeHead(fails ? errorStatus : 200).end(), latencyMs);
});
// Only the proxy before it ends connections: it would lose a request that is just coming in.
server.keepAliveTimeout = 0;
server.headersTimeout = 0;
server.requestTimeout = 0;
server.listen(Number(PORT), ADDRESS);

// Endpoints leave the proxies a moment after the pod was told to end: until then it serves.
process.on('SIGTERM', () => setTimeout(() => process.exit(0), drainMs));

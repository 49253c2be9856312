import { describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import type { Given } from '../settings.ts';
import { provideReach } from './reach.ts';

/** Whether a URL of a manifest may be called, as far as that can be told by the URL. */
function isOpen(url: string, apiServer: string, given: Given = {}, env = {}): boolean {
  const reach = provideReach(readConfig(given, env), apiServer);
  return reach.refusal(new URL(url), 'linnet') === undefined;
}

const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };
const RECEIVER = 'http://127.0.0.1:8080/';

describe('loopback', () => {
  test.each([
    ['is open beside an API server on it', 'https://127.0.0.1:6443', {}, {}, true],
    ['is open beside one by its name', 'http://localhost:8001', {}, {}, true],
    ['is closed where the API server is elsewhere', 'https://10.96.0.1', {}, {}, false],
    ['is closed in a pod', 'http://127.0.0.1:8001', {}, POD, false],
    ['is closed by a list', 'https://127.0.0.1:6443', { 'allowed-hosts': '*' }, {}, false],
    ['is opened by a range', 'https://10.96.0.1', { 'allowed-hosts': '127.0.0.0/8' }, POD, true],
  ])('%s', (_, apiServer, given, env, open) => {
    expect(isOpen(RECEIVER, apiServer, given, env)).toBe(open);
  });
});

test('what the controller’s own settings name needs no entry', () => {
  const given = { 'allowed-hosts': 'gate.example', prometheus: 'http://127.0.0.1:9090' };
  const env = { LINNET_SLACK_URL: 'https://hooks.slack.com/services/x' };
  const open = (url: string) => isOpen(url, 'https://10.96.0.1', given, env);
  expect(open('https://hooks.slack.com/services/y')).toBe(true);
  expect(open('http://127.0.0.1:9090')).toBe(true);
  expect(open('https://slack.com/api')).toBe(false);
  expect(open('http://other.example')).toBe(false);
});

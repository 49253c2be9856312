import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hostsByDefault, parseAllowedHosts } from '../../allowed-hosts.ts';
import type { AllowedHosts } from '../../ports/reach.ts';
import { outOfReach } from '../../ports/reach.ts';
import { reachOf } from './reach.ts';

const ANY = hostsByDefault(false);
const CLOSED = /^the address is .*, which needs a range of its own in --allowed-hosts: /;
const NOT_AMONG = /^the host of the address is not among --allowed-hosts, which are /;

function listed(text: string): AllowedHosts {
  const allowed = parseAllowedHosts(text);
  if (allowed === undefined) throw new Error(`${text} is no allow list`);
  return allowed;
}

/** Why a socket to a host is refused that has these addresses; undefined when it gets them. */
async function refusedAt(
  allowed: AllowedHosts,
  host: string,
  addresses: readonly string[],
  own: readonly string[] = [],
): Promise<string | undefined> {
  const { lookup } = reachOf({
    allowed,
    own,
    resolve: (_host, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
  });
  return promisify(lookup)(host, { all: true }).then(() => undefined, outOfReach);
}

function refused(allowed: AllowedHosts, url: string, own: readonly string[] = []) {
  return reachOf({ allowed, own }).refusal(new URL(url), 'linnet');
}

describe('by default', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://0xA9FEA9FE/',
    'http://0251.0376.0251.0376/',
    'http://2852039166/',
    'http://169.254.43518/',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b:1::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://127.0.0.1:8080/',
    'http://127.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
  ])('%s is closed', (url) => {
    expect(refused(ANY, url)).toMatch(CLOSED);
  });

  test.each([
    'http://gate.shop/',
    'http://10.96.0.12:8080/',
    'http://[fd00:10::1]/',
    'https://hooks.slack.com/services/x',
  ])('%s is open', (url) => {
    expect(refused(ANY, url)).toBeUndefined();
  });

  test.each([
    ['only to a closed address', ['169.254.169.254']],
    ['to a closed address too', ['10.0.0.1', '127.0.0.1']],
    ['to one over IPv6', ['fe80::a9fe%eth0']],
    ['to one in the clothes of IPv6', ['::ffff:169.254.169.254']],
  ])('a name that leads %s gets no connection', async (_, addresses) => {
    expect(await refusedAt(ANY, 'metadata.example', addresses)).toMatch(CLOSED);
  });

  test('loopback is open where the API server is on it', async () => {
    const one = hostsByDefault(true);
    expect(refused(one, 'http://127.0.0.1:9090/')).toBeUndefined();
    expect(await refusedAt(one, 'localhost', ['127.0.0.1', '::1'])).toBeUndefined();
    expect(refused(one, 'http://169.254.169.254/')).toMatch(CLOSED);
  });
});

describe('with a list', () => {
  const allowed = listed('hooks.slack.com, *.Example.com, 10.0.0.0/8, fd00:10::/64');

  test.each([
    ['https://hooks.slack.com/x', true],
    ['https://HOOKS.slack.com./x', true],
    ['https://a.example.com/', true],
    ['https://a.b.example.com/', true],
    ['http://10.1.2.3/', true],
    ['http://[fd00:10::7]/', true],
    ['http://11.1.2.3/', false],
    ['http://[fd00:11::7]/', false],
  ])('%s: %s', (url, isOpen) => {
    expect(refused(allowed, url) === undefined).toBe(isOpen);
  });

  test.each([
    ['hooks.slack.com', ['203.0.113.7'], true],
    ['hooks.slack.com', ['169.254.169.254'], false],
    ['example.com', ['203.0.113.7'], false],
    ['badexample.com', ['203.0.113.7'], false],
    ['gate.shop.svc', ['10.1.2.3'], true],
    ['gate.shop.svc', ['10.1.2.3', '203.0.113.7'], false],
    ['gate.shop.svc', [], false],
  ])('a connection to %s at %j: %s', async (host, addresses, isOpen) => {
    const why = await refusedAt(allowed, host, addresses);
    expect(why === undefined).toBe(isOpen);
  });

  test('a name is judged before it is resolved where no range could save it', () => {
    const names = listed('hooks.slack.com');
    expect(refused(names, 'https://evil.example/')).toBe(
      'the host of the address is not among --allowed-hosts, which are hooks.slack.com',
    );
    expect(refused(listed('a,b,c,d,e,f,g'), 'http://x/')).toMatch(
      /which are a, b, c, d, e and 2 more$/,
    );
  });

  test('what a proxy resolves must be listed by name', () => {
    const reach = reachOf({ allowed });
    expect(reach.refusal(new URL('http://gate.shop.svc/'), 'linnet')).toBeUndefined();
    expect(reach.refusal(new URL('http://gate.shop.svc/'), 'proxy')).toMatch(NOT_AMONG);
  });

  test('only a range opens closed addresses', () => {
    expect(refused(listed('*,169.254.10.0/24'), 'http://169.254.10.9/')).toBeUndefined();
    expect(refused(listed('*,169.254.10.0/24'), 'http://169.254.11.9/')).toMatch(CLOSED);
    expect(refused(listed('127.0.0.1'), 'http://127.0.0.1/')).toBeUndefined();
  });

  test('the controller’s own servers need no entry, at their own port', async () => {
    const own = ['http://127.0.0.1:9090/prom', 'http://prometheus.istio-system:9090'];
    expect(refused(allowed, 'http://127.0.0.1:9090/other', own)).toBeUndefined();
    expect(refused(allowed, 'http://127.0.0.1:6379/', own)).toMatch(CLOSED);
    expect(refused(allowed, 'http://prometheus.istio-system:9090', own)).toBeUndefined();
    expect(
      await refusedAt(allowed, 'prometheus.istio-system', ['172.20.0.1'], own),
    ).toBeUndefined();
    expect(await refusedAt(allowed, 'prometheus.istio-system', ['127.0.0.1'], own)).toMatch(CLOSED);
  });
});

describe('an allow list', () => {
  test.each([
    '',
    ',',
    'http://host',
    'host:80',
    'a b',
    '10.0.0.0/33',
    '10.0.0/8',
    '1.2.3',
    '*.',
    '**',
    'fe80::1%eth0',
    '10.0.0.1/-1',
  ])('is not %j', (text) => {
    expect(parseAllowedHosts(text)).toBeUndefined();
  });
});

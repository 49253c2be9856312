import { API_VERSION } from '../../src/api/group.ts';
import { STORES } from '../conformance/metric-stores/stores.ts';
import { plant } from '../controller/planted.ts';
import { type Echo, GRANTS_PATH, STORE_PATH } from './echo.ts';

/** Objects that lead to a server that refuses, with secrets wherever they can hold one. */
export interface Named {
  readonly name: string;
  readonly objects: readonly object[];
}

export function alertProviders({ url, secureUrl }: Echo): (Named & { says: string })[] {
  const closed = `http://127.0.0.1:1/${plant()}`;
  const cases: Record<
    string,
    { type: string; says: string; data: Record<string, string>; spec?: object }
  > = {
    slack: { type: 'slack', says: 'answered 500', data: { address: `${url}/services/${plant()}` } },
    bot: {
      type: 'slack',
      says: 'answered 500',
      data: { address: `${url}/api/chat`, token: `xoxb-${plant()}` },
      spec: { channel: 'releases' },
    },
    teams: { type: 'msteams', says: 'answered 500', data: { address: `${url}/t?sig=${plant()}` } },
    discord: {
      type: 'discord',
      says: 'answered 500',
      data: { address: `${url}/api/webhooks/1/${plant()}` },
    },
    headers: {
      type: 'webhook',
      says: 'answered 500',
      data: { address: `${url}/in`, headers: `X-Key: ${plant()}\nAuthorization: Basic ${plant()}` },
    },
    tls: { type: 'gchat', says: 'the certificate', data: { address: `${secureUrl}/${plant()}` } },
    closed: { type: 'rocket', says: 'nobody listens', data: { address: closed } },
    proxied: {
      type: 'webhook',
      says: 'nobody listens',
      data: { address: `${url}/${plant()}`, proxy: closed.replace('://', `://me:${plant()}@`) },
    },
    odd: { type: 'slack', says: 'the address is not a URL', data: { address: plant() } },
    broken: {
      type: 'webhook',
      says: 'cannot use the key',
      data: { address: url, headers: plant() },
    },
  };
  return Object.entries(cases).map(([name, { type, says, data, spec }]) => ({
    name,
    says,
    objects: [
      secret(name, data),
      {
        apiVersion: API_VERSION,
        kind: 'AlertProvider',
        metadata: { name },
        spec: { type, secretRef: { name }, ...spec },
      },
    ],
  }));
}

/** Each kind of store, and each way in which a Prometheus is told who asks. */
export function metricTemplates(echo: Echo): Named[] {
  const templates = { ...ofPrometheus(echo), ...ofStores(echo) };
  return Object.entries(templates).map(([name, { provider, query = 'up', data }]) => {
    const secretRef = data === undefined ? {} : { secretRef: { name: `metric-${name}` } };
    const spec = { provider: { ...provider, ...secretRef }, query };
    return {
      name,
      objects: [
        ...(data === undefined ? [] : [secret(`metric-${name}`, data)]),
        { apiVersion: API_VERSION, kind: 'MetricTemplate', metadata: { name }, spec },
      ],
    };
  });
}

interface Template {
  readonly provider: object;
  readonly query?: string;
  readonly data?: Record<string, string>;
}

function ofPrometheus({ url }: Echo): Record<string, Template> {
  const address = `${url}/prometheus`;
  const provider = { type: 'prometheus', address };
  const withUser = address.replace('://', `://ann:${plant()}@`);
  return {
    basic: { provider, data: { username: 'ann', password: plant() } },
    bearer: { provider, data: { token: plant() } },
    header: { provider: { ...provider, headers: { 'X-Key': [plant()] } } },
    user: { provider: { ...provider, address: withUser } },
    path: { provider: { ...provider, address: `${address}/${plant()}` } },
  };
}

/** With their credentials in a Secret, in headers of the template, and in the address. */
function ofStores({ url }: Echo): Record<string, Template> {
  const stores = STORES.map(({ type, provider, query, secret: dataFor }) => {
    const address = `${url}${STORE_PATH}${type}`;
    const headers = { 'X-Proxy-Key': [plant()] };
    // CloudWatch has nothing to say before a whole period of the step is over.
    const soon = query.replaceAll('"Period": 60', '"Period": 1');
    return [
      type,
      { provider: { type, address, headers, ...provider }, query: soon, data: dataFor(address) },
    ];
  });
  const google = STORES.find(({ type }) => type === 'stackdriver');
  const web = { type: 'web', jsonPath: '{$}' };
  const withUser = url.replace('://', `://ann:${plant()}@`);
  return {
    ...Object.fromEntries(stores),
    // Where its token is given it is refused already.
    ungranted: {
      provider: { type: 'stackdriver', address: `${url}${STORE_PATH}stackdriver` },
      query: google?.query,
      data: google?.secret(`${url}${GRANTS_PATH}`),
    },
    password: {
      provider: { ...web, address: `${url}${STORE_PATH}web` },
      query: '/measure',
      data: { username: 'ann', password: plant() },
    },
    webuser: { provider: { ...web, address: `${withUser}${STORE_PATH}web` }, query: '/measure' },
  };
}

export function gates({ url, secureUrl }: Echo) {
  const withUser = url.replace('://', `://ann:${plant()}@`);
  return [
    hook('echo', 'confirm-rollout', `${withUser}/approve/${plant()}?token=${plant()}`),
    hook('tls', 'confirm-rollout', `${secureUrl}/${plant()}`),
    hook('lenient', 'confirm-rollout', `${secureUrl}/${plant()}`, { disableTLS: true }),
    hook('closed', 'confirm-rollout', `http://127.0.0.1:1/${plant()}`),
    hook('nowhere', 'confirm-rollout', `http://${plant()}.invalid/${plant()}`),
    hook('metadata', 'confirm-rollout', `${url}/metadata`, { metadata: { token: plant() } }),
  ];
}

export function hook(name: string, type: string, url: string, more: object = {}) {
  return { name, type, url, timeout: '5s', ...more };
}

function secret(name: string, stringData: Record<string, string>) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

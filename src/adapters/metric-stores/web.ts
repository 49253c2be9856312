import { basicHeader } from '../../api/basic-header.ts';
import { headersOf } from '../../api/header-lines.ts';
import { under } from './line.ts';
import { jsonOf } from './json.ts';
import { PATH_SHAPE, valuesAt } from './json-path.ts';
import { JSON_TEXT, URL_PARTS } from './languages.ts';
import type { SecretKeys } from './secret-keys.ts';
import { secretError } from './secret-keys.ts';
import { addressOf, lastOf, type Store, StoreError, wrongQuery } from './store.ts';

/** Any HTTP API that answers in JSON: `query` is path and parameters, `jsonPath` leads to the value. */
export const WEB: Store = {
  title: 'the server',
  language: URL_PARTS,
  async ask({ provider, query, secret, line, fill }) {
    const { jsonPath = '$', body } = provider;
    const call = {
      url: urlOf(addressOf(provider), query.trim()),
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...credentials(secret),
      },
      ...(body === undefined ? {} : { body: fill(body, JSON_TEXT) }),
    };
    const text = await line.text(call);
    const document = jsonOf(text);
    if (document === undefined) throw line.foreign(call);
    const values = valuesAt(jsonPath, document);
    if (values === undefined) {
      throw new StoreError(
        'spec.provider.jsonPath',
        `found '${jsonPath}', allowed is ${PATH_SHAPE}`,
      );
    }
    return values.map((value) => lastOf([value]));
  },
};

/** What follows the address; the host is the address's, whatever the query says. */
function urlOf(address: string, query: string): URL {
  const [, path, parameters = ''] = /^(\/[^?#\s]*)?(?:\?([^#\s]*))?$/.exec(query) ?? [];
  if (path === undefined && !query.startsWith('?')) {
    throw wrongQuery('is not a path that starts with / or parameters that start with ?');
  }
  const url = under(address, path ?? '');
  url.search = parameters;
  return url;
}

function credentials(secret: SecretKeys): Record<string, string> {
  if (secret.where === undefined) return {};
  const [token, username, password, lines] = ['token', 'username', 'password', 'headers'].map(
    (key) => secret.get(key),
  );
  const headers = lines === undefined ? {} : headersOf(lines);
  if (headers === undefined) {
    throw secretError(`${secret.where} has headers that are not lines of the form Name: value`);
  }
  if (token !== undefined) return { ...headers, Authorization: `Bearer ${token}` };
  if (username !== undefined && password !== undefined) {
    return { ...headers, Authorization: basicHeader(username, password) };
  }
  if (lines !== undefined) return headers;
  throw secretError(
    `${secret.where} has ${secret.found}, needed are token, or username and password, or headers`,
  );
}

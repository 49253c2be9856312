import { z } from 'zod';
import { basicHeader } from '../../api/basic-header.ts';
import { quotedLanguage } from './languages.ts';
import { under } from './line.ts';
import { addressOf, lastOf, type Store } from './store.ts';

/** The query is that of a render URL: `target=…&from=…`. */
export const GRAPHITE: Store = {
  title: 'Graphite',
  language: quotedLanguage({ written: encodeURIComponent }),
  async ask({ provider, query, secret, line, from }) {
    const user = secret.allOrNone('username', 'password');
    const url = under(addressOf(provider), '/render');
    const parameters = new URLSearchParams(query.trim().replaceAll(/\s+/g, ' '));
    parameters.set('format', 'json');
    // Without it, Graphite looks back a day, and calls the newest of that the value.
    if (!parameters.has('from')) parameters.set('from', String(Math.floor(from / 1000)));
    url.search = parameters.toString();
    const series = await line.json(
      {
        url,
        ...(user === undefined
          ? {}
          : { headers: { Authorization: basicHeader(user.username, user.password) } }),
      },
      Answer,
    );
    return series.map(({ datapoints }) => lastOf(datapoints.map(([value]) => value)));
  },
};

const Answer = z.array(z.object({ datapoints: z.array(z.tuple([z.unknown()], z.unknown())) }));

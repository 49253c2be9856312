import { readFileSync } from 'node:fs';
import { readConfig } from '../config.ts';

/** Which Prometheus a command asks for what was, as far as its command line says. */
export interface PastServerOptions {
  readonly prometheus?: string | undefined;
  readonly prometheusTokenFile?: string | undefined;
  readonly prometheusCaFile?: string | undefined;
}

/** The one that is named, else the one that `linnet run` would ask, with its credentials. */
export function pastServer(options: PastServerOptions) {
  const given = {
    prometheus: options.prometheus,
    'prometheus-token-file': options.prometheusTokenFile,
    'prometheus-ca-file': options.prometheusCaFile,
  };
  const flags = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined));
  const { prometheus, prometheusTokenFile, prometheusCaFile } = readConfig(flags, process.env);
  return {
    url: prometheus,
    tokenFile: prometheusTokenFile,
    ca: prometheusCaFile && readFileSync(prometheusCaFile, 'utf8'),
  };
}

import { createHash, sign } from 'node:crypto';
import { z } from 'zod';
import { credentialIn } from './credential-file.ts';
import { jsonOf } from './json.ts';
import { type Line, under } from './line.ts';
import { secretError } from './secret-keys.ts';
import { type Lent, Tokens } from './tokens.ts';

/** A service account's key, as Google's console gives it. */
export type ServiceAccount = z.infer<typeof Key>;

const Key = z.object({
  type: z.literal('service_account'),
  project_id: z.string().optional(),
  private_key_id: z.string().optional(),
  private_key: z.string().min(1),
  client_email: z.string().min(1),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});

/** Who asks Google: an account by its key, or whoever this pod is. */
export interface GoogleAccess {
  readonly project: string | undefined;
  token(now: number): Promise<string>;
}

/** Variables that Google's own libraries read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Access tokens to read metrics with, kept for as long as they serve. */
export class GoogleAccounts {
  readonly #tokens = new Tokens<string>();
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /**
   * @param json the key.
   * @param where what holds it, for a sentence.
   * @throws StoreError when it is none.
   */
  byKey(json: string, line: Line, where = 'serviceAccountKey'): GoogleAccess {
    const key = Key.safeParse(jsonOf(json)).data;
    if (key === undefined) {
      throw secretError(`${where} is not the JSON key of a service account`);
    }
    const id = createHash('sha256').update(json).digest('hex');
    return {
      project: key.project_id,
      token: (now) => this.#tokens.get(id, now, () => tokenOf(key, now, line)),
    };
  }

  /**
   * The key file that the environment names, or the service account of this pod: Workload Identity.
   *
   * @param line one that no manifest leads.
   */
  async ambient(line: Line): Promise<GoogleAccess> {
    const { GOOGLE_APPLICATION_CREDENTIALS: file, GOOGLE_CLOUD_PROJECT: project } =
      this.#environment;
    if (file !== undefined && file !== '') {
      const access = this.byKey(await credentialIn(file, KEY_FILE), line, KEY_FILE);
      return { ...access, project: project ?? access.project };
    }
    const metadata = this.#environment['GCE_METADATA_HOST'] ?? 'metadata.google.internal';
    return {
      project,
      token: (now) =>
        this.#tokens.get('ambient', now, () => tokenOfPod(`http://${metadata}`, now, line)),
    };
  }
}

const KEY_FILE = 'the file of GOOGLE_APPLICATION_CREDENTIALS';

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number() });

const READ_METRICS = 'https://www.googleapis.com/auth/monitoring.read';

/** RFC 7523: a signed claim of who we are, for a token. */
async function tokenOf(key: ServiceAccount, now: number, line: Line): Promise<Lent<string>> {
  const assertion = signedClaim(key, now);
  line.conceal(assertion);
  const call = {
    url: new URL(key.token_uri),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    }).toString(),
    // An account that is gone is a bad request there.
    failure: (body: unknown) => ({
      words: Refused.safeParse(body).data?.error_description ?? '',
      kind: Refused.safeParse(body).success ? ('credentials' as const) : undefined,
    }),
  };
  return lent(await line.json(call, Granted), now);
}

const Refused = z.object({ error: z.string(), error_description: z.string().optional() });

function signedClaim(key: ServiceAccount, now: number): string {
  const at = Math.floor(now / 1000);
  const header = { alg: 'RS256', typ: 'JWT', kid: key.private_key_id };
  const claim = {
    iss: key.client_email,
    scope: READ_METRICS,
    aud: key.token_uri,
    iat: at,
    exp: at + 3600,
  };
  const text = [header, claim]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  try {
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), key.private_key).toString('base64url')}`;
  } catch {
    throw secretError('serviceAccountKey has a private_key that cannot be read');
  }
}

async function tokenOfPod(metadata: string, now: number, line: Line): Promise<Lent<string>> {
  const url = under(metadata, '/computeMetadata/v1/instance/service-accounts/default/token');
  return lent(await line.json({ url, headers: { 'Metadata-Flavor': 'Google' } }, Granted), now);
}

function lent({ access_token, expires_in }: z.infer<typeof Granted>, now: number): Lent<string> {
  return { value: access_token, until: now + expires_in * 1000 };
}

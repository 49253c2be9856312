import { z } from 'zod';
import { credentialIn } from './credential-file.ts';
import { type Line, under } from './line.ts';
import { StoreError } from './store.ts';
import { type Lent, Tokens } from './tokens.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Variables that AWS' own SDKs read. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Who this pod is to AWS: keys in the environment, the role of its ServiceAccount (IRSA), or EKS Pod
 * Identity, in the order of AWS' own SDKs.
 */
export class AwsIdentity {
  readonly #tokens = new Tokens<AwsCredentials>();
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Address of a service where it is not the usual one, such as a VPC endpoint. */
  endpoint(service: 'CLOUDWATCH' | 'STS'): string | undefined {
    const address = this.#environment[`AWS_ENDPOINT_URL_${service}`];
    return address !== undefined && URL.canParse(address) ? address : undefined;
  }

  /**
   * @param line one that no manifest leads.
   * @throws StoreError when the environment names no identity, or it is refused.
   */
  async credentials(region: string, now: number, line: Line): Promise<AwsCredentials> {
    const env = this.#environment;
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    if (accessKeyId && secretAccessKey) {
      return { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] };
    }
    const lender = ofRole(env, this.endpoint('STS') ?? stsOf(region)) ?? ofPod(env);
    if (lender !== undefined) return this.#tokens.get('ambient', now, () => lender(line));
    throw new StoreError(
      'spec.provider.secretRef',
      'found nothing, and Linnet has no identity of AWS of its own: needed is a Secret with aws_access_key_id and aws_secret_access_key, or a role for Linnet’s ServiceAccount',
    );
  }
}

type Lender = (line: Line) => Promise<Lent<AwsCredentials>>;

/** The token of the ServiceAccount, which the kubelet renews, for credentials of a role. */
function ofRole(env: Environment, sts: string): Lender | undefined {
  const { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: file } = env;
  if (!role || !file) return undefined;
  return async (line) => {
    const token = await credentialIn(file, 'the file of AWS_WEB_IDENTITY_TOKEN_FILE');
    line.conceal(token);
    const answer = await line.text({
      url: under(sts, '/'),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: role,
        RoleSessionName: env['AWS_ROLE_SESSION_NAME'] ?? 'linnet',
        WebIdentityToken: token,
      }).toString(),
      failure: () => ({ words: '', kind: 'credentials' }),
    });
    return lent({
      AccessKeyId: element(answer, 'AccessKeyId'),
      SecretAccessKey: element(answer, 'SecretAccessKey'),
      Token: element(answer, 'SessionToken'),
      Expiration: element(answer, 'Expiration'),
    });
  };
}

function stsOf(region: string): string {
  return `https://sts.${region}.${domainOf(region)}`;
}

/** STS answers in XML; none of these values has a character that XML would write differently. */
function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

function ofPod(env: Environment): Lender | undefined {
  const {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: address,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  } = env;
  if (!address || !file || !URL.canParse(address)) return undefined;
  return async (line) => {
    const token = await credentialIn(file, 'the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
    line.conceal(token);
    return lent(
      await line.json({ url: new URL(address), headers: { Authorization: token } }, Credentials),
    );
  };
}

const Credentials = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().optional(),
  Expiration: z.string(),
});

function lent(found: z.input<typeof Credentials>): Lent<AwsCredentials> {
  const read = Credentials.safeParse(found);
  const until = Date.parse(read.data?.Expiration ?? '');
  if (!read.success || Number.isNaN(until)) {
    throw new StoreError('spec.provider', 'the credentials of Linnet’s role cannot be read', {
      outage: true,
    });
  }
  const { AccessKeyId, SecretAccessKey, Token } = read.data;
  return {
    value: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
    until,
  };
}

/** Where the API of a region is. */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from './aws-credentials.ts';

export interface Signed {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Headers of a POST, with those that prove who sends it: AWS Signature Version 4. */
export async function signedHeaders(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { service, region, credentials, now }: Signed,
): Promise<Record<string, string>> {
  const { sessionToken, ...keys } = credentials;
  const signer = new SignatureV4({
    service,
    region,
    credentials: sessionToken === undefined ? keys : { ...keys, sessionToken },
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { ...headers, host: url.host },
    body,
  };
  const { headers: signed } = await signer.sign(request, { signingDate: new Date(now) });
  return signed;
}

type Chunk = string | ArrayBuffer | ArrayBufferView;

/** Node's own, in the shape that the signer takes. */
class Sha256 {
  readonly #secret: Chunk | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Chunk) {
    this.#secret = secret;
    this.#hash = begun(secret);
  }

  update(chunk: Chunk): void {
    this.#hash.update(bytesOf(chunk));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = begun(this.#secret);
  }
}

function begun(secret: Chunk | undefined): Hash | Hmac {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
}

function bytesOf(chunk: Chunk): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk);
}

import { expect, it } from 'vitest';
import { signedHeaders } from './aws-signature.ts';

/** Keys, region, service and moment of AWS' own Signature Version 4 test suite. */
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

it.each([
  [
    'post-vanilla',
    {},
    '',
    undefined,
    'host;x-amz-date',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'post-x-www-form-urlencoded',
    FORM,
    'Param1=value1',
    undefined,
    'content-type;host;x-amz-date',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'post-sts-header-before',
    {},
    '',
    TOKEN,
    'host;x-amz-date;x-amz-security-token',
    '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  ],
])(
  'signs %s as AWS’ test suite has it',
  async (_name, headers, body, sessionToken, names, signature) => {
    const signed = await signedHeaders(new URL('https://example.amazonaws.com/'), headers, body, {
      service: 'service',
      region: 'us-east-1',
      credentials: { ...KEYS, sessionToken },
      now: Date.parse('2015-08-30T12:36:00Z'),
    });
    expect(signed).toMatchObject({ ...headers, 'x-amz-date': '20150830T123600Z' });
    expect(signed['x-amz-security-token']).toBe(sessionToken);
    expect(signed['authorization']).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
    );
  },
);

import { describe, expect, test } from 'vitest';

import { decodeProtobuf } from './protobuf-decode.ts';

/** A field of a message: a number as varint, a text or a message by its length. */
function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const message = (...fields: Buffer[]): Buffer => Buffer.concat(fields);

function body(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const type = message(field(1, apiVersion), field(2, kind));
  return message(Buffer.from('k8s\0'), field(1, type), field(2, raw));
}

const metadata = message(
  field(1, 'web'),
  field(11, message(field(1, 'app'), field(2, 'shop'))),
  field(11, message(field(1, 'tier'), field(2, ''))),
);

describe('a body', () => {
  test('with maps and bytes', () => {
    const entry = message(field(1, 'key'), field(2, Buffer.from([0, 255])));
    expect(
      decodeProtobuf(body('v1', 'Secret', message(field(1, metadata), field(2, entry)))),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'web', labels: { app: 'shop', tier: '' } },
      data: { key: 'AP8=' },
    });
  });

  test('with messages in messages, lists, quantities and ports of either kind', () => {
    const quantity = field(1, '100m');
    const limits = field(1, message(field(1, 'cpu'), field(2, quantity)));
    const probe = message(
      field(
        1,
        field(2, message(field(1, '/ready'), field(2, message(field(1, 1), field(3, 'http'))))),
      ),
      field(3, 5),
    );
    const container = message(
      field(1, 'web'),
      field(2, 'web:1'),
      field(3, 'run'),
      field(3, 'fast'),
      field(6, field(3, 8080)),
      field(8, limits),
      field(11, probe),
    );
    const template = field(2, field(2, container));
    const spec = message(field(1, 3), field(3, template));
    const raw = message(field(1, metadata), field(2, spec), field(3, field(1, 7)));
    expect(decodeProtobuf(body('apps/v1', 'Deployment', raw))).toMatchObject({
      kind: 'Deployment',
      spec: {
        replicas: 3,
        template: {
          spec: {
            containers: [
              {
                name: 'web',
                command: ['run', 'fast'],
                ports: [{ containerPort: 8080 }],
                resources: { limits: { cpu: '100m' } },
                readinessProbe: { httpGet: { path: '/ready', port: 'http' }, timeoutSeconds: 5 },
              },
            ],
          },
        },
      },
    });
  });

  test.each([
    ['without the prefix', Buffer.from('{}'), /does not appear to be a protobuf message/],
    [
      'of a kind that is not sent so',
      body('v1', 'Node', metadata),
      /Node of v1 is not taken as protobuf/,
    ],
    [
      'that is cut short',
      body('v1', 'Secret', field(1, metadata)).subarray(0, -5),
      /the message ends/,
    ],
    [
      'with a field nobody knows',
      body('v1', 'ConfigMap', field(99, 'x')),
      /field 99 of V1ConfigMap/,
    ],
  ])('%s is refused', (_name, bytes, message) => {
    expect(() => decodeProtobuf(bytes)).toThrow(message);
    expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code: 400 }));
  });
});

/** The value of one field as it stands on the wire, not yet interpreted. */
export interface WireField {
  number: number;
  /** A varint or fixed number, or the bytes of a string, message or packed list. */
  value: bigint | Uint8Array;
}

/** Reads the fields of a protobuf message, in order. Throws a RangeError when it is cut short. */
export function wireFields(bytes: Uint8Array): WireField[] {
  const reader = new WireReader(bytes);
  const fields: WireField[] = [];
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    fields.push({ number: tag >>> 3, value: reader.value(tag & 7) });
  }
  return fields;
}

/** Numbers of a repeated field that were packed into one. */
export function packedVarints(bytes: Uint8Array): bigint[] {
  const reader = new WireReader(bytes);
  const numbers: bigint[] = [];
  while (!reader.isAtEnd) numbers.push(reader.varint());
  return numbers;
}

class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let number = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError('the message ends within a number');
      this.#at += 1;
      number |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
  }

  value(wireType: number): bigint | Uint8Array {
    switch (wireType) {
      case 0:
        return this.varint();
      case 1:
        return this.#fixed(8);
      case 2:
        return this.#take(Number(this.varint()));
      case 5:
        return this.#fixed(4);
      default:
        throw new RangeError(`wire type ${wireType} is unknown`);
    }
  }

  #fixed(size: number): bigint {
    const bytes = this.#take(size);
    return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
  }

  #take(size: number): Uint8Array {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new RangeError('the message ends within a field');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Reads a file as it grows: each call answers the lines that were completed since the last. */
export function growingLines(file: string): () => string[] {
  let position = 0;
  return () => {
    const fresh = completeLines(file, position);
    position += fresh.length;
    return fresh
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  };
}

/** From byte `from` to the last line break, a quarter of a gigabyte at most. */
function completeLines(file: string, from: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(MOST_BYTES, fstatSync(descriptor).size - from));
    const read = readSync(descriptor, buffer, 0, buffer.length, from);
    return buffer.subarray(0, buffer.lastIndexOf('\n', read - 1) + 1);
  } finally {
    closeSync(descriptor);
  }
}

const MOST_BYTES = 256 * 1024 * 1024;

import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';

/** A watch that crosses: its events pass as they come, until something happens to it. */
export class OpenWatch {
  readonly path: string;
  /** Resolves when either side has ended it. */
  readonly ended: Promise<void>;
  readonly #response: ServerResponse;
  #isSilent = false;
  /** Nothing passes between the two halves of an event. */
  #isBetweenEvents = true;

  constructor(path: string, stream: Dispatcher.ResponseData, response: ServerResponse) {
    this.path = path;
    this.#response = response;
    const { body } = stream;
    response.writeHead(200, {
      'content-type': String(stream.headers['content-type'] ?? 'application/json'),
      date: String(stream.headers['date'] ?? ''),
    });
    response.flushHeaders();
    body.on('data', (chunk: Buffer) => this.#pass(chunk));
    body.on('end', () => response.end());
    body.on('error', () => response.destroy());
    this.ended = new Promise((resolve) => {
      response.on('close', () => {
        body.destroy();
        resolve();
      });
    });
  }

  /** Breaks the connection without a word. */
  cut(): void {
    this.#response.socket?.resetAndDestroy();
  }

  /** Half-dead: the connection stays open, and nothing comes any more. */
  silence(): void {
    this.#isSilent = true;
  }

  /** An in-stream 410, as after a compaction. */
  expire(): void {
    if (!this.#isBetweenEvents) return this.cut();
    const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', ...EXPIRED };
    this.#response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  }

  #pass(chunk: Buffer): void {
    if (this.#isSilent) return;
    this.#response.write(chunk);
    this.#isBetweenEvents = chunk.at(-1) === NEWLINE;
  }
}

const NEWLINE = 10;
const EXPIRED = { code: 410, reason: 'Expired', message: 'too old resource version' };

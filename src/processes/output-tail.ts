import { StringDecoder } from 'node:string_decoder';

const KEPT_CHARACTERS = 8192;

/** The last kilobytes of what a process writes, and those who wait for a line of it. */
export class OutputTail {
  readonly #decoder = new StringDecoder('utf8');
  readonly #waiting = new Set<Waiting>();
  #text = '';
  #ended: string | undefined;

  add(chunk: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(chunk)).slice(-KEPT_CHARACTERS);
    for (const waiting of this.#waiting) this.#check(waiting);
  }

  /** No more output will come; `why` is what those are told who still wait. */
  end(why: string): void {
    this.#ended = why;
    for (const waiting of this.#waiting) this.#check(waiting);
  }

  text(): string {
    return this.#text;
  }

  /** The first match. Rejects when the output ends before such a line, or after the deadline. */
  untilLine(line: RegExp, deadlineMs: number, name: string): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (result: RegExpExecArray | string) => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        if (typeof result === 'string') reject(new Error(result));
        else resolve(result);
      };
      const late = () => settle(`${name} was not ready after ${deadlineMs} ms: ${this.#text}`);
      const timer = setTimeout(late, deadlineMs);
      const waiting = { line, settle };
      this.#waiting.add(waiting);
      this.#check(waiting);
    });
  }

  #check(waiting: Waiting): void {
    for (const line of this.#text.split('\n')) {
      const match = waiting.line.exec(line);
      if (match !== null) return waiting.settle(match);
    }
    if (this.#ended !== undefined) waiting.settle(this.#ended);
  }
}

interface Waiting {
  readonly line: RegExp;
  /** With the match, or with why there will be none. */
  readonly settle: (result: RegExpExecArray | string) => void;
}

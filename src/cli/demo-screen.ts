import logUpdate from 'log-update';
import { picture, plainLine, type Frame } from './demo-view.ts';

export interface Screen {
  show(frame: Frame): void;
  /** A line that stays. */
  say(line: string): void;
  close(): void;
}

/** A picture that redraws itself on a terminal, lines that say what changed anywhere else. */
export function createScreen(plain: boolean): Screen {
  return plain || !process.stdout.isTTY ? lines() : drawing();
}

function drawing(): Screen {
  return {
    show: (frame) => logUpdate(picture(frame, process.stdout.columns || 80)),
    say: (line) => {
      logUpdate.clear();
      process.stdout.write(`${line}\n`);
    },
    close: () => logUpdate.done(),
  };
}

function lines(): Screen {
  let last = '';
  let told = 0;
  const say = (line: string) => process.stdout.write(`${line}\n`);
  return {
    show: (frame) => {
      const news = frame.messages.slice(told).map(({ text }) => `      message: ${text}`);
      told = frame.messages.length;
      const line = plainLine(frame);
      const state = `${frame.status?.phase}${frame.status?.stage}${frame.status?.canaryWeight}${frame.status?.verdict}`;
      if (state !== last) say(line);
      for (const text of news) say(text);
      last = state;
    },
    say,
    close: () => {},
  };
}

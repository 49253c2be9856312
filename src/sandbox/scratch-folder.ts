import { holdProcess } from '../processes/held-process.ts';

export interface ScratchFolder {
  readonly path: string;
  stop(): Promise<void>;
}

/** A private folder that goes with this process, however it ends. */
export async function holdScratchFolder(name: string): Promise<ScratchFolder> {
  const held = await holdProcess({
    name,
    program: 'tail',
    args: () => ['-f', '/dev/null'],
    graceSeconds: 0,
  });
  return { path: held.directory, stop: () => held.stop() };
}

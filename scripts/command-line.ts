/**
 * What a script was asked for. Ends the process where that is its usage, and where what is given is
 * not allowed: `read` throws a sentence for people.
 */
export function givenOptions<T>(read: (args: readonly string[]) => T, usage: string): T {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read(args);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), usage);
  }
}

export function refuse(sentence: string, usage: string): never {
  console.error(`${sentence}\n\n${usage}`);
  process.exit(2);
}

/** @throws Error with a sentence for people. */
export function wholeNumber(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${option}: found '${text}', allowed is a whole number from ${least}`);
}

/** Runs what a script is for; what fails is told in its sentence alone, and by the exit code. */
export async function tellingFailure(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

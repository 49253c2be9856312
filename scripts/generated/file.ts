import { format, resolveConfig } from 'prettier';

/** A file of the tree that is made from the sources and committed; `path` is from the root. */
export interface GeneratedFile {
  path: string;
  content: string;
}

/** One file in the form that the house's formatter leaves alone. */
export async function formatted(path: string, text: string): Promise<GeneratedFile[]> {
  const content = await format(text, { ...(await resolveConfig(path)), filepath: path });
  return [{ path, content }];
}

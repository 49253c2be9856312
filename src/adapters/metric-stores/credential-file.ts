import { readFile } from 'node:fs/promises';
import { StoreError } from './store.ts';

/**
 * What a file holds that proves who this pod is; somebody else renews it, so it is read each time.
 *
 * @param where what the sentence calls it.
 * @throws StoreError
 */
export async function credentialIn(file: string, where: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const sentence = `${where} cannot be read: ${why}`;
    throw new StoreError('spec.provider', sentence, { outage: true });
  }
}

import { readFile } from 'node:fs/promises';
import { type Artifact, decodeArtifact } from '@unroll/artifact/artifact.ts';

/** @throws an error that names the file and what is wrong with it. */
export async function readArtifact(path: string): Promise<Artifact & { digest: string; bytes: number }> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (cause) {
    throw new Error(`cannot read model ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    return { ...(await decodeArtifact(content)), bytes: content.length };
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}

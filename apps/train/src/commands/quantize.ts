import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { quantizeArtifact } from '../export.ts';
import { readArtifact } from '../read-artifact.ts';
import { writeAtomically } from '../write-atomically.ts';

/** Writes a float32 model's int8 form. */
export async function quantizeCommand(path: string, output: string): Promise<void> {
  const { digest: _, bytes: before, ...artifact } = await readArtifact(path);
  const { bytes } = await encodeArtifact(quantizeArtifact(artifact));
  await writeAtomically(output, bytes);
  const share = Math.round((bytes.length / before) * 100);
  console.log(`${output}: ${bytes.length.toLocaleString('en')} bytes, ${share} % of ${path}`);
}

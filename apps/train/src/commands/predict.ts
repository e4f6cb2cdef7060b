import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import { readArtifact } from '../read-artifact.ts';

const BATCH = 64;

/** Answers texts, one JSON line each. */
export async function predictCommand(path: string, texts: readonly string[]): Promise<void> {
  if (texts.length === 0) throw new Error('no text to predict: pass texts as arguments, or lines on standard input');
  const artifact = await readArtifact(path);
  await startWasmBackend(compileWasmModules());
  const predictor = createPredictor(artifact);
  for (let start = 0; start < texts.length; start += BATCH) {
    const batch = texts.slice(start, start + BATCH);
    for (const [i, { prediction }] of predictor.predictTexts(batch).entries()) {
      console.log(JSON.stringify({ text: batch[i], ...prediction }));
    }
  }
}

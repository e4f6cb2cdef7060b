/** onnxruntime on one thread: node onnxruntime.ts PACKAGES onnxruntime-node|onnxruntime-web MODELS float|int8. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serveCases } from '../serve.ts';

const [packages, name, models, type] = process.argv.slice(2) as [string, string, string, string];

/** The part of the two packages that is used. Both have the same API; the bench installs them outside the repository's dependencies. */
interface Onnxruntime {
  env: { wasm: { numThreads: number } };
  Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => object;
  InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: Record<string, object>): Promise<object> }>;
  };
}

const entry = createRequire(join(packages, 'package.json')).resolve(name);
const onnxruntime = ((await import(pathToFileURL(entry).href)) as { default: Onnxruntime }).default;
if (name === 'onnxruntime-web') onnxruntime.env.wasm.numThreads = 1;
const provider = name === 'onnxruntime-web' ? 'wasm' : 'cpu';

await serveCases(async ({ suite, cell, B, T, I, H }) => {
  if (suite !== 'infer' || cell !== 'lstm') throw new Error('runs LSTM inference only');
  const model = readFileSync(join(models, `lstm-${I}-${H}${type === 'int8' ? '.int8' : ''}.onnx`));
  const options = { executionProviders: [provider], intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await onnxruntime.InferenceSession.create(model, options);
  const x = new onnxruntime.Tensor(
    'float32',
    Float32Array.from({ length: T * B * I }, () => Math.random() * 2 - 1),
    [T, B, I],
  );
  return async () => void (await session.run({ x }));
});

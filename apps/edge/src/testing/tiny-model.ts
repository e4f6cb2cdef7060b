import { type Artifact, encodeArtifact } from '@unroll/artifact/artifact.ts';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { createModel } from '@unroll/model/model.ts';
import { type ModelSpecInput, parseModelSpec } from '@unroll/model/spec.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';

/** A small untrained sentiment-shaped model, always the same: its answers mean nothing but are the same everywhere. */
export async function tinyModel(
  name: string,
  layers: ModelSpecInput['layers'] = causalLayers,
): Promise<{ artifact: Artifact; bytes: Uint8Array<ArrayBuffer>; digest: string }> {
  const tokenizer = new Tokenizer({ oovToken: '[UNK]' });
  tokenizer.fitOnTexts(['the food was good', 'the food was not good', 'bad service']);
  const spec = parseModelSpec({
    input: { type: 'tokens', maxLength: 20 },
    layers: [
      { type: 'embedding', inputDim: tokenizer.vocabularySize, outputDim: 6, maskZero: true, embeddingsInitializer: 'glorotUniform' },
      ...layers,
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: ['negative', 'positive'] },
  });
  const model = createModel(spec);
  const init = model.init(1);
  const weights = quantizeWeights(
    Object.fromEntries(
      model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
    ),
  );
  const artifact: Artifact = {
    name,
    spec: { ...spec },
    tokenizer: { ...tokenizer.toJSON() },
    metrics: { accuracy: 0.5 },
    createdAt: '2026-01-01T00:00:00.000Z',
    weights,
  };
  return { artifact, ...(await encodeArtifact(artifact)) };
}

const causalLayers: ModelSpecInput['layers'] = [
  { type: 'gru', units: 5, returnSequences: true },
  { type: 'pooling', modes: ['average', 'max'] },
];

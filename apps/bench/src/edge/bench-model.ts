import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { createModel } from '@unroll/model/model.ts';
import { parseModelSpec } from '@unroll/model/spec.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';

export const VOCABULARY = 10_000;
export const UNITS = 64;
export const STEPS = 100;

/**
 * The edge suite's model in every contestant's format: Embedding 10000 x 64, LSTM 64, Dense 1 with untrained weights.
 * @param bits of activations: 7 is what quantization chose for every layer of the built-in models.
 */
export async function benchModel(name: string, seed: number, { embedding = UNITS, bits = 7 }: { embedding?: number; bits?: 7 | 14 } = {}) {
  const words = Array.from({ length: VOCABULARY - 1 }, (_, i) => `w${i + 1}`);
  const tokenizer = new Tokenizer({}, words);
  const spec = parseModelSpec({
    input: { type: 'tokens', maxLength: STEPS },
    layers: [
      { type: 'embedding', inputDim: VOCABULARY, outputDim: embedding, maskZero: true },
      { type: 'lstm', units: UNITS },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: ['no', 'yes'] },
  });
  const model = createModel(spec);
  const floats = model.init(seed);
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: floats[name] as Float32Array }]),
  );
  const activationBits = Object.fromEntries(model.weights.map(({ name }) => [name.slice(0, name.indexOf('/')), bits]));
  const { bytes } = await encodeArtifact({
    ...{ name, spec: { ...spec }, tokenizer: { ...tokenizer.toJSON() }, metrics: {}, createdAt: '2026-01-01T00:00:00.000Z' },
    quantization: { activationBits, metric: 'none', float32: 0, int8: 0, budget: 0 },
    weights: quantizeWeights(weights),
  });
  return { bytes, floats, order: model.weights.map(({ name }) => name) };
}

/** A hundred ids, different for every number. */
export const idsOf = (number: number) =>
  Array.from({ length: STEPS }, (_, t) => 1 + ((number * 7919 + t * 104_729 + ((number * t) % 977)) % (VOCABULARY - 1)));

/** The text of these ids. */
export const textOf = (number: number) =>
  idsOf(number)
    .map((id) => `w${id}`)
    .join(' ');

import { parseOrThrow } from '@unroll/schema/check.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { checkDigest, DIGEST_PLACEHOLDER, seal } from './digest.ts';
import type { Weight } from './quantize.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.ts';

/** The description in a model file. The packages that own `spec` and `tokenizer` check them. */
const description = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  spec: v.record(v.string(), v.unknown()),
  tokenizer: v.optional(v.record(v.string(), v.unknown())),
  /** Of a model that needs several, by name: of an input, or 'target'. */
  tokenizers: v.optional(v.record(v.string(), v.record(v.string(), v.unknown()))),
  /** Scores on held-out data, for example { accuracy: 0.83 }. */
  metrics: v.record(v.string(), finite),
  /** ISO 8601. */
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** The seed of the training, and the SHA-256 of the encoded data. */
  origin: v.optional(v.strictObject({ seed: int, data: v.string() })),
  /** How the model was quantized, and its scores on the validation samples before and after. */
  quantization: v.optional(
    v.strictObject({
      /** Bits to which a layer with int8 weights quantizes its input, by layer. */
      activationBits: v.record(v.string(), v.union([v.literal(14), v.literal(7)])),
      metric: v.string(),
      float32: finite,
      int8: finite,
      /** How much worse the metric was allowed to get. */
      budget: finite,
    }),
  ),
});
export type Description = v.InferOutput<typeof description>;

/** A model as data: its description and weights by full name. */
export interface Artifact extends Description {
  weights: Record<string, Weight>;
}

const FORMAT = '1';
const SCALE_SUFFIX = '.scale';
/** Layers have a dozen weights at most, each with its scales. */
const MAX_TENSORS = 10_000;

/**
 * Encodes an artifact as one .safetensors file. The scales of an int8 weight are a tensor of their own, [rows,1] or [1,columns].
 * `__metadata__` holds the description and the SHA-256 of the whole file, computed with zeros in place of the digest's 64 digits.
 * The same artifact gives the same bytes.
 */
export async function encodeArtifact({ weights, ...about }: Artifact): Promise<{ bytes: Uint8Array<ArrayBuffer>; digest: string }> {
  const bytes = encodeSafetensors({
    tensors: Object.fromEntries(Object.entries(weights).flatMap(([name, weight]) => store(name, weight))),
    metadata: {
      'unroll.format': FORMAT,
      'unroll.digest': DIGEST_PLACEHOLDER,
      'unroll.model': JSON.stringify(parseOrThrow(description, about, 'artifact: bad description')),
    },
  });
  return { bytes, digest: await seal(bytes) };
}

/**
 * Decodes a model file and verifies all of it.
 * @throws an error that names the fault: not safetensors, truncated, tampered with, another format, bad scales.
 */
export async function decodeArtifact(bytes: Uint8Array): Promise<Artifact & { digest: string }> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { 'unroll.format': format, 'unroll.digest': digest, 'unroll.model': model } = metadata;
  if (format === undefined || digest === undefined || model === undefined) {
    throw new Error(
      'artifact: a safetensors file, but not a model of Unroll: its metadata lacks unroll.format, unroll.digest or unroll.model',
    );
  }
  if (format !== FORMAT) throw new Error(`artifact: expected format '${FORMAT}', got '${format}'; update Unroll`);
  await checkDigest(bytes, digest, 'artifact');
  const parsed = parseOrThrow(description, parseJson(model), 'artifact: bad description');
  return { ...parsed, weights: loadWeights(tensors), digest };
}

function store(name: string, weight: Weight): [string, StoredTensor][] {
  if (weight.dtype === 'float32') return [[name, { dtype: 'F32', shape: weight.shape, data: weight.values }]];
  const scaleShape = weight.channel === 'row' ? [weight.shape[0], 1] : [1, weight.shape[1]];
  return [
    [name, { dtype: 'I8', shape: weight.shape, data: weight.values }],
    [name + SCALE_SUFFIX, { dtype: 'F32', shape: scaleShape, data: weight.scales }],
  ];
}

function loadWeights(tensors: Record<string, StoredTensor>): Record<string, Weight> {
  const count = Object.keys(tensors).length;
  if (count > MAX_TENSORS) throw new Error(`artifact: ${count} tensors; a model has ${MAX_TENSORS} at most`);
  const weights: Record<string, Weight> = Object.create(null);
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    if (name.endsWith(SCALE_SUFFIX) && tensors[name.slice(0, -SCALE_SUFFIX.length)]?.dtype === 'I8') continue;
    if (dtype === 'F32') {
      const values = data as Float32Array;
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw new Error(`artifact: weight '${name}' holds ${values[bad]} at index ${bad}; expected finite numbers`);
      weights[name] = { dtype: 'float32', shape, values };
    } else if (dtype === 'I8') {
      weights[name] = { dtype: 'int8', ...loadInt8(name, shape, data as Int8Array, tensors[name + SCALE_SUFFIX]) };
    } else {
      throw new Error(`artifact: weight '${name}' is ${dtype}; expected F32 or I8`);
    }
  }
  return weights;
}

function loadInt8(name: string, shape: readonly number[], values: Int8Array, scale: StoredTensor | undefined) {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2) throw new Error(`artifact: int8 weight '${name}' is [${shape}]; expected a matrix`);
  if (scale?.dtype !== 'F32') throw new Error(`artifact: int8 weight '${name}' has no F32 tensor '${name}${SCALE_SUFFIX}'`);
  const of = `${scale.shape}`;
  // [1,1] matches both; they mean the same.
  const channel = of === `${rows},1` ? 'row' : of === `1,${columns}` ? 'column' : undefined;
  if (!channel) throw new Error(`artifact: scales of '${name}' are [${of}], expected [${rows},1] or [1,${columns}]`);
  const scales = scale.data as Float32Array;
  const bad = scales.findIndex((value) => !(value > 0 && Number.isFinite(value)));
  if (bad >= 0) throw new Error(`artifact: scale ${bad} of '${name}' is ${scales[bad]}, expected a positive finite number`);
  return { shape: [rows, columns] as const, values, scales, channel } as const;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('artifact: unroll.model in the metadata is not JSON', { cause });
  }
}

/** A weight in float32. */
export interface FloatWeight {
  dtype: 'float32';
  shape: readonly number[];
  values: Float32Array;
}

/** A matrix in int8: value ≈ scale of its channel · int8. */
export interface Int8Weight {
  dtype: 'int8';
  shape: readonly [rows: number, columns: number];
  values: Int8Array;
  /** One scale for each row or each column. */
  scales: Float32Array;
  channel: 'row' | 'column';
}

export type Weight = FloatWeight | Int8Weight;

/**
 * Symmetric int8 quantization by channel: scale = max|w| / 127, q = round(w / scale), no zero point. A kernel's channels are its
 * output columns, an embedding table's are its rows. Biases and normalization weights stay float32: they are a percent of the bytes,
 * and every output depends on them. Source: Jacob et al. (2018), for weights.
 * @throws if a weight is not finite.
 */
export function quantizeWeights(weights: Readonly<Record<string, FloatWeight>>): Record<string, Weight> {
  const entries = Object.entries(weights).map(([name, weight]) => {
    const channel = channelOf(name, weight.shape);
    return [name, channel ? quantize(name, weight, channel) : weight] as const;
  });
  return Object.fromEntries(entries);
}

/** The weight's values in float32. */
export function dequantize(weight: Weight): Float32Array {
  if (weight.dtype === 'float32') return weight.values;
  const { shape, values, scales, channel } = weight;
  const columns = shape[1];
  return Float32Array.from(values, (value, i) => value * (scales[channelIndex(i, columns, channel)] as number));
}

const SMALLEST_NORMAL = 2 ** -126;

function channelOf(name: string, shape: readonly number[]): 'row' | 'column' | undefined {
  if (shape.length !== 2) return undefined;
  if (name.endsWith('/embeddings')) return 'row';
  return /\/(kernel|recurrentKernel)$/.test(name) ? 'column' : undefined;
}

function quantize(name: string, { shape, values }: FloatWeight, channel: 'row' | 'column'): Int8Weight {
  const [rows = 0, columns = 0] = shape;
  const scales = new Float32Array(channel === 'row' ? rows : columns);
  for (const [i, value] of values.entries()) {
    if (!Number.isFinite(value)) throw new Error(`quantize: '${name}' holds ${value} at index ${i}; expected finite numbers`);
    const c = channelIndex(i, columns, channel);
    scales[c] = Math.max(scales[c] as number, Math.abs(value));
  }
  // Readers refuse a scale of 0: a channel of zeros gets 1, one of denormals the smallest normal number.
  for (const [c, peak] of scales.entries()) scales[c] = peak > 0 ? Math.max(peak / 127, SMALLEST_NORMAL) : 1;
  const quantized = Int8Array.from(values, (value, i) => {
    const q = Math.round(value / (scales[channelIndex(i, columns, channel)] as number));
    return Math.max(-127, Math.min(127, q));
  });
  return { dtype: 'int8', shape: [rows, columns], values: quantized, scales, channel };
}

const channelIndex = (i: number, columns: number, channel: 'row' | 'column') => (channel === 'row' ? Math.floor(i / columns) : i % columns);

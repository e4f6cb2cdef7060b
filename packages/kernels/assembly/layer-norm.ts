import { LayerNormBackwardArguments, LayerNormForwardArguments } from './generated/descriptors';
import { clearRow } from './rows';
import { multiplyAdd, subtractProduct } from './simd';

// @ts-ignore: decorator
@inline
function laneSum(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/**
 * y [n,D] = the rows of x, normalized to mean 0 and variance 1, times gamma [D] plus beta [D] (null: 1 and 0).
 * The gradient reads the normalized rows [n,D] and inverse [n], 1/√(variance + epsilon). Without a gradient y and normalized
 * may be the same array.
 */
export function layerNormForward(args: LayerNormForwardArguments): void {
  const n = args.n, D = args.D, gamma = args.gamma, beta = args.beta, epsilon = args.epsilon;
  let x = args.x, y = args.y, normalized = args.normalized, inverse = args.inverse;
  const row = <usize>D << 2, vectors = <usize>(D & ~3) << 2;
  for (let i = 0; i < n; i++, x += row, y += row, normalized += row, inverse += 4) {
    let sums = f32x4.splat(0);
    for (let j: usize = 0; j < vectors; j += 16) sums = f32x4.add(sums, v128.load(x + j));
    let sum = laneSum(sums);
    for (let j = vectors; j < row; j += 4) sum += load<f32>(x + j);
    const mean = sum / <f32>D, means = f32x4.splat(mean);

    let squares = f32x4.splat(0);
    for (let j: usize = 0; j < vectors; j += 16) {
      const centered = f32x4.sub(v128.load(x + j), means);
      squares = multiplyAdd(centered, centered, squares);
    }
    let square = laneSum(squares);
    for (let j = vectors; j < row; j += 4) {
      const centered = load<f32>(x + j) - mean;
      square += centered * centered;
    }
    const scale: f32 = 1 / sqrt<f32>(square / <f32>D + epsilon), scales = f32x4.splat(scale);
    store<f32>(inverse, scale);

    for (let j: usize = 0; j < vectors; j += 16) {
      let value = f32x4.mul(f32x4.sub(v128.load(x + j), means), scales);
      v128.store(normalized + j, value);
      if (gamma) value = f32x4.mul(value, v128.load(gamma + j));
      if (beta) value = f32x4.add(value, v128.load(beta + j));
      v128.store(y + j, value);
    }
    for (let j = vectors; j < row; j += 4) {
      let value = (load<f32>(x + j) - mean) * scale;
      store<f32>(normalized + j, value);
      if (gamma) value *= load<f32>(gamma + j);
      if (beta) value += load<f32>(beta + j);
      store<f32>(y + j, value);
    }
  }
}

/** Gradients from dy [n,D]: dx [n,D], dGamma and dBeta [D]. `scratch` is [D]. */
export function layerNormBackward(args: LayerNormBackwardArguments): void {
  const n = args.n, D = args.D, gamma = args.gamma, dGamma = args.dGamma, dBeta = args.dBeta, scratch = args.scratch;
  let normalized = args.normalized, inverse = args.inverse, dy = args.dy, dx = args.dx;
  const row = <usize>D << 2, vectors = <usize>(D & ~3) << 2;
  clearRow(dGamma, D);
  clearRow(dBeta, D);
  for (let i = 0; i < n; i++, normalized += row, dy += row, dx += row, inverse += 4) {
    let sums = f32x4.splat(0), products = f32x4.splat(0);
    for (let j: usize = 0; j < vectors; j += 16) {
      const d = v128.load(dy + j), value = v128.load(normalized + j);
      v128.store(dBeta + j, f32x4.add(v128.load(dBeta + j), d));
      v128.store(dGamma + j, multiplyAdd(d, value, v128.load(dGamma + j)));
      const g = gamma ? f32x4.mul(d, v128.load(gamma + j)) : d;
      v128.store(scratch + j, g);
      sums = f32x4.add(sums, g);
      products = multiplyAdd(g, value, products);
    }
    let sum = laneSum(sums), product = laneSum(products);
    for (let j = vectors; j < row; j += 4) {
      const d = load<f32>(dy + j), value = load<f32>(normalized + j);
      store<f32>(dBeta + j, load<f32>(dBeta + j) + d);
      store<f32>(dGamma + j, load<f32>(dGamma + j) + d * value);
      const g = gamma ? d * load<f32>(gamma + j) : d;
      store<f32>(scratch + j, g);
      sum += g;
      product += g * value;
    }

    const scale = load<f32>(inverse), mean = sum / <f32>D, slope = product / <f32>D;
    const scales = f32x4.splat(scale), means = f32x4.splat(mean), slopes = f32x4.splat(slope);
    for (let j: usize = 0; j < vectors; j += 16) {
      const centered = f32x4.sub(v128.load(scratch + j), means);
      v128.store(dx + j, f32x4.mul(scales, subtractProduct(v128.load(normalized + j), slopes, centered)));
    }
    for (let j = vectors; j < row; j += 4) store<f32>(dx + j, scale * (load<f32>(scratch + j) - mean - load<f32>(normalized + j) * slope));
  }
}

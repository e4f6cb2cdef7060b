import { multiplyAdd } from './simd';

/** e^x in each lane for x <= 0, relative error about 1e-7: x = n·ln 2 + r, a polynomial in r, n into the exponent (Moshier's Cephes expf). */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.splat(-87.33), x);
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504088896341)));
  const r = multiplyAdd(n, f32x4.splat(2.12194440e-4), multiplyAdd(n, f32x4.splat(-0.693359375), bounded));
  let p = multiplyAdd(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}

/**
 * Softmax and what cross-entropy needs of it, for n rows of C logits: margins[n] = logit of the label - largest logit,
 * sums[n] = Σ e^(logit - largest), so that the loss is log(sum) - margin; gradient[n,C] = softmax - one-hot label.
 * Labels are int32. The first row whose label is outside [0,C), where it stops; or -1.
 */
export function softmaxCrossEntropy(n: i32, C: i32, logits: usize, labels: usize, margins: usize, sums: usize, gradient: usize): i32 {
  const row = <usize>C << 2, vectors = <usize>(C & ~3) << 2;
  for (let i = 0; i < n; i++, logits += row, gradient += row) {
    const label = load<u32>(labels + (<usize>i << 2));
    if (label >= <u32>C) return i;

    let largest = load<f32>(logits);
    if (vectors) {
      let most = v128.load(logits);
      for (let j: usize = 16; j < vectors; j += 16) most = f32x4.max(most, v128.load(logits + j));
      largest = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
    }
    for (let j = vectors; j < row; j += 4) largest = max(largest, load<f32>(logits + j));

    const shift = f32x4.splat(largest);
    let total = f32x4.splat(0), total1 = f32x4.splat(0);
    let done: usize = 0;
    for (; done + 32 <= row; done += 32) {
      const e0 = exp(f32x4.sub(v128.load(logits + done), shift)), e1 = exp(f32x4.sub(v128.load(logits + done, 16), shift));
      total = f32x4.add(total, e0);
      total1 = f32x4.add(total1, e1);
      v128.store(gradient + done, e0);
      v128.store(gradient + done, e1, 16);
    }
    total = f32x4.add(total, total1);
    for (; done < vectors; done += 16) {
      const e = exp(f32x4.sub(v128.load(logits + done), shift));
      total = f32x4.add(total, e);
      v128.store(gradient + done, e);
    }
    let sum = f32x4.extract_lane(total, 0) + f32x4.extract_lane(total, 1) + (f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3));
    for (let j = vectors; j < row; j += 4) {
      const e = f32x4.extract_lane(exp(f32x4.splat(load<f32>(logits + j) - largest)), 0);
      sum += e;
      store<f32>(gradient + j, e);
    }

    const share = f32x4.splat(1 / sum);
    for (let j: usize = 0; j < vectors; j += 16) v128.store(gradient + j, f32x4.mul(v128.load(gradient + j), share));
    for (let j = vectors; j < row; j += 4) store<f32>(gradient + j, load<f32>(gradient + j) / sum);
    const at = <usize>label << 2;
    store<f32>(gradient + at, load<f32>(gradient + at) - 1);
    store<f32>(margins + (<usize>i << 2), load<f32>(logits + at) - largest);
    store<f32>(sums + (<usize>i << 2), sum);
  }
  return -1;
}

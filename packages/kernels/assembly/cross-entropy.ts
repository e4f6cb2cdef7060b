import { expMinus, fillTable, TABLE_BYTES } from './exponential';
import { SoftmaxCrossEntropyArguments } from './generated/descriptors';

/** Scratch bytes of softmaxCrossEntropy. */
export function softmaxCrossEntropyWorkspaceBytes(): usize {
  return TABLE_BYTES;
}

/**
 * The softmax cross-entropy of n rows of C logits in parts: margins[n] = logit of the label - largest logit,
 * sums[n] = Σ e^(logit - largest logit). The loss is log(sum) - margin. gradient[n,C] = softmax - one-hot label.
 * Labels are int32. It stops at the first label outside [0,C) and returns that row, or -1.
 */
export function softmaxCrossEntropy(args: SoftmaxCrossEntropyArguments): i32 {
  const n = args.n, C = args.C, labels = args.labels, margins = args.margins, sums = args.sums, table = args.workspace;
  let logits = args.logits, gradient = args.gradient;
  fillTable(table);
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
      const e0 = expMinus(table, f32x4.sub(shift, v128.load(logits + done))), e1 = expMinus(table, f32x4.sub(shift, v128.load(logits + done, 16)));
      total = f32x4.add(total, e0);
      total1 = f32x4.add(total1, e1);
      v128.store(gradient + done, e0);
      v128.store(gradient + done, e1, 16);
    }
    total = f32x4.add(total, total1);
    for (; done < vectors; done += 16) {
      const e = expMinus(table, f32x4.sub(shift, v128.load(logits + done)));
      total = f32x4.add(total, e);
      v128.store(gradient + done, e);
    }
    let sum = f32x4.extract_lane(total, 0) + f32x4.extract_lane(total, 1) + (f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3));
    for (let j = vectors; j < row; j += 4) {
      const e = f32x4.extract_lane(expMinus(table, f32x4.splat(largest - load<f32>(logits + j))), 0);
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

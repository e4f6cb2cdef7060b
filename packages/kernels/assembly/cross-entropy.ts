import { fillTable, TABLE_BYTES } from './exponential';
import { SoftmaxCrossEntropyArguments } from './generated/descriptors';
import { divideRow, exponentials, largestOf } from './softmax';

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
  const row = <usize>C << 2;
  for (let i = 0; i < n; i++, logits += row, gradient += row) {
    const label = load<u32>(labels + (<usize>i << 2));
    if (label >= <u32>C) return i;

    const largest = largestOf(logits, C), sum = exponentials(table, largest, logits, gradient, C);
    divideRow(gradient, C, sum);
    const at = <usize>label << 2;
    store<f32>(gradient + at, load<f32>(gradient + at) - 1);
    store<f32>(margins + (<usize>i << 2), load<f32>(logits + at) - largest);
    store<f32>(sums + (<usize>i << 2), sum);
  }
  return -1;
}

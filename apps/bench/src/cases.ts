import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { forEachKernel } from '@unroll/kernels/entries/registry.ts';

/** One thing to time. Sizes: batch, steps, input features, units. In `ctc` and `crf` features are labels; in `ctc` units are the labels of a target. */
export interface Case {
  suite: 'gemm' | 'train' | 'infer' | 'step' | 'padding' | 'ctc' | 'crf' | 'conv' | 'translate' | 'kernels' | 'trainer' | 'engine' | 'gpu';
  /** The name of the cell, product, model or kernel that runs. */
  cell: string;
  B: number;
  T: number;
  I: number;
  H: number;
  /** Of a convolution. */
  kernelSize?: number;
  /** Real steps of each sequence; by default all. */
  lengths?: number[];
}

/** Hypotheses of the searches. */
export const BEAM = 5;

/**
 * The products of an LSTM training step (B32 T100 I64 H128) as M = B, K = I, N = H, T times: the input projection, one step and the weight
 * gradient; and a square product.
 */
const products: [number, number, number][] = [
  [3200, 64, 512],
  [32, 128, 512],
  [256, 256, 512],
  [512, 512, 512],
];

const trainShapes = [
  [32, 100, 32, 32],
  [32, 100, 64, 128],
  [32, 100, 128, 256],
  [64, 50, 256, 512],
] as const;

const gpuShapes = [
  [32, 100, 256, 256],
  [64, 100, 256, 256],
  [256, 100, 256, 256],
  [32, 100, 512, 512],
  [64, 100, 512, 512],
  [256, 100, 512, 512],
  [32, 100, 1024, 1024],
  [64, 100, 1024, 1024],
  [256, 100, 1024, 1024],
] as const;

const cells = ['lstm', 'gru', 'simpleRNN'] as const;

/** The cases of each suite; fewer if `quick`. */
export const suites: Record<Case['suite'], (quick: boolean) => Case[]> = {
  gemm: () => products.map(([B, I, H]) => ({ suite: 'gemm', cell: 'matMul', B, T: 1, I, H })),
  train: (quick) =>
    trainShapes
      .slice(0, quick ? 2 : 4)
      .flatMap(([B, T, I, H]) => cells.slice(0, quick ? 2 : 3).map((cell) => ({ suite: 'train' as const, cell, B, T, I, H }))),
  infer: () => [
    { suite: 'infer', cell: 'lstm', B: 1, T: 100, I: 64, H: 128 },
    { suite: 'infer', cell: 'lstm', B: 1, T: 100, I: 128, H: 256 },
  ],
  /** Embedding of 96 ids to I, an LSTM of H units, Dense 96 at every step, cross-entropy, Adam. */
  step: () => [{ suite: 'step', cell: 'embedding-lstm-dense', B: 32, T: 100, I: 64, H: 128 }],
  /** The same model with two threads through the whole trainer: batches of 32 per thread. */
  trainer: (quick) => [
    { suite: 'trainer', cell: 'embedding-lstm-dense', B: 32, T: 100, I: 64, H: 128 },
    ...(quick ? [] : [{ suite: 'trainer' as const, cell: 'embedding-lstm-dense', B: 32, T: 100, I: 128, H: 256 }]),
  ],
  /** The CTC loss and its gradient. */
  ctc: () => [{ suite: 'ctc', cell: 'ctc', B: 32, T: 200, I: 40, H: 30 }],
  /** The loss of a linear-chain CRF and its gradient. */
  crf: () => [{ suite: 'crf', cell: 'crf', B: 64, T: 40, I: 50, H: 0 }],
  /** Every kernel of the registry at its typical size. */
  kernels: () => kernelLabels().map((cell) => ({ suite: 'kernels', cell, B: 0, T: 0, I: 0, H: 0 })),
  /** A training step of a layer: the tensorflow engine, stock tfjs-layers on the same TensorFlow, and the wasm engine. */
  engine: (quick) =>
    trainShapes
      .slice(1, quick ? 2 : 3)
      .flatMap(([B, T, I, H]) => (['lstm', 'gru'] as const).map((cell) => ({ suite: 'engine', cell, B, T, I, H }))),
  /** The same on a GPU, next to PyTorch's cuDNN. */
  gpu: (quick) =>
    gpuShapes
      .slice(0, quick ? 2 : gpuShapes.length)
      .flatMap(([B, T, I, H]) => (['lstm', 'gru'] as const).map((cell) => ({ suite: 'gpu' as const, cell, B, T, I, H }))),
  /** A convolution over time with padding that keeps the steps, forward and backward; H filters. */
  conv: (quick) =>
    [
      { B: 32, T: 400, I: 64, H: 128, kernelSize: 5 },
      { B: 32, T: 400, I: 80, H: 256, kernelSize: 3 },
      { B: 32, T: 100, I: 128, H: 128, kernelSize: 9 },
    ]
      .slice(0, quick ? 1 : 3)
      .map((sizes) => ({ suite: 'conv', cell: `conv1d, kernel ${sizes.kernelSize}`, ...sizes })),
  /** A translator with attention and 8,000 words on each side: pairs of T tokens each, embeddings of I, a decoder of H units. */
  translate: () => [
    { suite: 'translate', cell: 'training step', B: 64, T: 25, I: 128, H: 256 },
    { suite: 'translate', cell: `beam ${BEAM}`, B: 64, T: 25, I: 128, H: 256 },
  ],
  /** A batch of review sentences, padded to the longest. */
  padding: () => cells.map((cell) => ({ suite: 'padding', cell, B: 64, I: 64, H: 128, ...sentenceLengths(64) })),
};

function kernelLabels(): string[] {
  const labels: string[] = [];
  forEachKernel(({ name, label }) => labels.push(label ?? name));
  return labels;
}

/** The word counts of `count` review sentences spread over the data set, and the largest count. */
function sentenceLengths(count: number): { T: number; lengths: number[] } {
  const { samples } = loadReviewSentences();
  const every = Math.floor(samples.length / count);
  const lengths = Array.from({ length: count }, (_, i) => (samples[i * every]?.text ?? '').split(/\s+/).length);
  return { T: Math.max(...lengths), lengths };
}

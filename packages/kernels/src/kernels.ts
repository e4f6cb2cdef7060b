import type { Arguments } from './descriptors.ts';

/** A byte offset into the memory the kernels were instantiated on. 0 is the null pointer. */
export type Pointer = number;

/**
 * What every WASM build exports. Arrays are float32 unless said otherwise, row-major and contiguous; sizes are in elements.
 * descriptors.ts has the arguments of kernels that take them by name.
 */
export interface Kernels {
  /** C[M,N] = op(A)·op(B) + bias. With K = 0 every row of C is the bias. */
  gemm(args: Arguments<'gemm'>): void;
  /** Bytes of scratch memory that `gemm` needs. */
  gemmWorkspaceBytes(M: number, N: number, K: number, transposeA: boolean): number;

  /** out[n,D] = the rows of table[S,D] that n int32 ids name. Returns the index of the first id outside [0,S), or -1. */
  gather(n: number, D: number, S: number, table: Pointer, ids: Pointer, out: Pointer): number;

  /** The same from int8 rows with a float32 scale each. */
  gatherInt8(args: Arguments<'gatherInt8'>): number;

  /** Packs int8 values for products with float32 rows, which are quantized as they come. The layout differs between builds. */
  packInt8(args: Arguments<'packInt8'>): void;
  /** Bytes that packInt8 writes. */
  packedInt8Bytes(K: number, gates: number, H: number): number;
  /** C[M,N] = A[M,K]·B + bias. A row that holds NaN or an infinite value is multiplied in float32. */
  matMulInt8(args: Arguments<'matMulInt8'>): void;
  matMulInt8WorkspaceBytes(M: number, N: number, K: number): number;

  /** out[S,D] = the sum of the rows of x[n,D] whose int32 id is s. Ids outside [0,S) are dropped. */
  segmentSum(n: number, D: number, S: number, x: Pointer, ids: Pointer, out: Pointer): void;

  /** out[C] = the sum of the n rows of x[n,C], added in order. */
  columnSums(n: number, C: number, x: Pointer, out: Pointer): void;

  /**
   * margins = the label's logit - the largest, sums = Σ e^(logit - the largest), gradient = softmax - one-hot label; the loss is
   * log(sum) - margin. Returns the first row whose label is outside [0,C), or -1.
   */
  softmaxCrossEntropy(args: Arguments<'softmaxCrossEntropy'>): number;
  softmaxCrossEntropyWorkspaceBytes(): number;

  /**
   * The negative log-likelihood of each label sequence. Labels that are forbidden have a loss of Infinity and no gradient; a sequence with NaN or
   * Infinity among the scores that it reads has NaN; one without a real step has 0. Returns b·T + t of the first real step whose label is outside [0,L), or -1.
   */
  crfForward(args: Arguments<'crfForward'>): number;
  /** Floats of `saved`. */
  crfSavedFloats(B: number, T: number, L: number): number;
  crfForwardWorkspaceBytes(B: number, L: number): number;
  crfBackward(args: Arguments<'crfBackward'>): void;
  crfBackwardWorkspaceBytes(B: number, L: number): number;

  /**
   * The CTC loss of each sequence, from logits, and its gradient. A sequence whose target needs more frames, or has no probability, has a
   * loss of Infinity and a gradient of zeros. One with NaN or Infinity among its logits has NaN. Returns the first sequence with a length or label out of
   * range, or -1.
   */
  ctc(args: Arguments<'ctc'>): number;
  ctcWorkspaceBytes(T: number, L: number, S: number): number;

  /** Rows to mean 0 and variance 1, times gamma, plus beta. */
  layerNormForward(args: Arguments<'layerNormForward'>): void;
  layerNormBackward(args: Arguments<'layerNormBackward'>): void;

  /** y = x * w + bias over the steps of sequences: cross-correlation, as every framework's convolution. */
  conv1dForward(args: Arguments<'conv1dForward'>): void;
  conv1dForwardWorkspaceBytes(args: Arguments<'conv1dForwardWorkspaceBytes'>): number;
  conv1dBackward(args: Arguments<'conv1dBackward'>): void;
  conv1dBackwardWorkspaceBytes(args: Arguments<'conv1dBackwardWorkspaceBytes'>): number;

  recurrentForward(args: Arguments<'recurrentForward'>): void;
  /** Floats of `saved`. */
  recurrentSavedFloats(cell: number, B: number, T: number, H: number, drop: boolean): number;
  recurrentForwardWorkspaceBytes(args: Arguments<'recurrentForwardWorkspaceBytes'>): number;
  recurrentBackward(args: Arguments<'recurrentBackward'>): void;
  recurrentBackwardWorkspaceBytes(cell: number, B: number, T: number, I: number, H: number): number;
}

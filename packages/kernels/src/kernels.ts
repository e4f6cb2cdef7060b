/** A byte offset into the memory the kernels were instantiated on. 0 is the null pointer. */
export type Pointer = number;

/** What every WASM build exports. Arrays are float32 unless said, row-major and contiguous; sizes are in elements. */
export interface Kernels {
  /** C[M,N] = op(A)·op(B) + bias. A is [M,K] ([K,M] if transposeA), B is [K,N] ([N,K] if transposeB), bias [N] or 0. */
  gemm(
    M: number,
    N: number,
    K: number,
    a: Pointer,
    transposeA: boolean,
    b: Pointer,
    transposeB: boolean,
    bias: Pointer,
    c: Pointer,
    workspace: Pointer,
  ): void;
  /** Bytes of scratch memory that `gemm` needs. */
  gemmWorkspaceBytes(M: number, N: number, K: number, transposeA: boolean): number;

  /** out[n,D] = the rows of table[S,D] named by n int32 ids. The index of the first id outside [0,S), or -1. */
  gather(n: number, D: number, S: number, table: Pointer, ids: Pointer, out: Pointer): number;

  /** The same from int8 rows with a float32 scale [S] each. */
  gatherInt8(n: number, D: number, S: number, table: Pointer, scales: Pointer, ids: Pointer, out: Pointer): number;

  /**
   * Packs int8 values [K, gates·H] with scales [gates·H] for products with float32 rows, which are quantized as they come:
   * to 14 bits, or to 7 for the relaxed dot (not in the simd build). The layout differs between builds.
   */
  packInt8(K: number, gates: number, H: number, bits: number, values: Pointer, scales: Pointer, to: Pointer): void;
  /** Bytes that packInt8 writes. */
  packedInt8Bytes(K: number, gates: number, H: number): number;
  /** C[M,N] = A[M,K]·B + bias, B packed by packInt8 as one gate; bias [N] or 0. */
  matMulInt8(M: number, N: number, K: number, a: Pointer, b: Pointer, bias: Pointer, c: Pointer, workspace: Pointer): void;
  matMulInt8WorkspaceBytes(M: number, N: number, K: number): number;

  /** out[S,D] = the sum of the rows of x[n,D] whose int32 id is s. Ids outside [0,S) are dropped. */
  segmentSum(n: number, D: number, S: number, x: Pointer, ids: Pointer, out: Pointer): void;

  /** out[C] = the sum of the n rows of x[n,C], added in order. */
  columnSums(n: number, C: number, x: Pointer, out: Pointer): void;

  /**
   * Of n rows of C logits and their int32 labels: margins[n] = the label's logit - the largest, sums[n] = Σ e^(logit - the
   * largest), gradient[n,C] = softmax - one-hot label; the loss is log(sum) - margin. The first row whose label is outside
   * [0,C), or -1.
   */
  softmaxCrossEntropy(
    n: number,
    C: number,
    logits: Pointer,
    labels: Pointer,
    margins: Pointer,
    sums: Pointer,
    gradient: Pointer,
    workspace: Pointer,
  ): number;
  softmaxCrossEntropyWorkspaceBytes(): number;

  /**
   * n rows of D floats to mean 0 and variance 1, times gamma [D] plus beta [D] (or 0 for none): y [n,D]. normalized [n,D]
   * and inverse [n] are for layerNormBackward.
   */
  layerNormForward(
    n: number,
    D: number,
    x: Pointer,
    gamma: Pointer,
    beta: Pointer,
    epsilon: number,
    y: Pointer,
    normalized: Pointer,
    inverse: Pointer,
  ): void;
  /** The gradients for dy [n,D]: dx [n,D], dGamma and dBeta [D]. scratch is [D]. */
  layerNormBackward(
    n: number,
    D: number,
    gamma: Pointer,
    normalized: Pointer,
    inverse: Pointer,
    dy: Pointer,
    dx: Pointer,
    dGamma: Pointer,
    dBeta: Pointer,
    scratch: Pointer,
  ): void;

  /**
   * A recurrent layer over B sequences of T steps; `cell` is one of cellNumbers, G its number of gates (LSTM i, f, g, o;
   * GRU z, r, h). x [B,T,I], w [I,G·H], u [H,G·H], bias [G·H] or 0, recurrentBias [G·H] of h·U (gruResetAfter alone) or 0,
   * h0 and c0 [B,H] or 0 for zeros, mask uint8 [B,T] (0: a padded step, which costs nothing) or 0, drop [B,H] (factors on
   * the previous output in h·U) or 0. With `hardSigmoid`, gates are 0.2x + 0.5 within [0, 1]. With `int8`, w and u are packed by packInt8 with G gates. `reverse` reads x and mask from the last step to the first.
   * y [B,T,H] in the order of running, or 0; lastH and lastC [B,H], or 0. saved is for recurrentBackward, or 0.
   */
  recurrentForward(
    cell: number,
    B: number,
    T: number,
    I: number,
    H: number,
    hardSigmoid: boolean,
    int8: boolean,
    reverse: boolean,
    x: Pointer,
    w: Pointer,
    u: Pointer,
    bias: Pointer,
    recurrentBias: Pointer,
    h0: Pointer,
    c0: Pointer,
    mask: Pointer,
    drop: Pointer,
    y: Pointer,
    lastH: Pointer,
    lastC: Pointer,
    saved: Pointer,
    workspace: Pointer,
  ): void;
  /** Floats of `saved`. */
  recurrentSavedFloats(cell: number, B: number, T: number, H: number, drop: boolean): number;
  recurrentForwardWorkspaceBytes(
    cell: number,
    B: number,
    T: number,
    I: number,
    H: number,
    drop: boolean,
    saves: boolean,
    int8: boolean,
  ): number;
  /**
   * The gradients from those of y, lastH and lastC (0 for zeros): dx [B,T,I], dw [I,G·H], du [H,G·H]; dBias and
   * dRecurrentBias [G·H], dh0 and dc0 [B,H], or 0.
   */
  recurrentBackward(
    cell: number,
    B: number,
    T: number,
    I: number,
    H: number,
    hardSigmoid: boolean,
    reverse: boolean,
    x: Pointer,
    w: Pointer,
    u: Pointer,
    mask: Pointer,
    drop: Pointer,
    saved: Pointer,
    dY: Pointer,
    dLastH: Pointer,
    dLastC: Pointer,
    dx: Pointer,
    dw: Pointer,
    du: Pointer,
    dBias: Pointer,
    dRecurrentBias: Pointer,
    dh0: Pointer,
    dc0: Pointer,
    workspace: Pointer,
  ): void;
  recurrentBackwardWorkspaceBytes(cell: number, B: number, T: number, I: number, H: number): number;
}

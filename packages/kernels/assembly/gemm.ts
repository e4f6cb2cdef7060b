import { GemmArguments } from './generated/descriptors';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { multiply, multiplyPackedRows } from './multiply';
import { packPanel, packPanelTransposed, packRows } from './pack';
import { copyRow } from './rows';
import { align } from './simd';

/** K is cut into blocks so that one panel of B (256 x 8 or 16 floats) stays in the L1 cache. */
const K_BLOCK: i32 = 256;

/** Up to this many rows, packing B costs more than reading it in place. */
const UNPACKED_ROWS: i32 = 12;

function panelColumns(N: i32): i32 {
  return (N + PANEL - 1) & ~(PANEL - 1);
}

/** Scratch bytes of `gemm`: a row of zeros, packed B, packed A if transposed, the last columns of C, alignment. */
export function gemmWorkspaceBytes(M: i32, N: i32, K: i32, transposeA: i32): usize {
  const terms = min(K, K_BLOCK), columns = panelColumns(N);
  const lastColumns = N % PANEL ? align(<usize>M * PANEL_BYTES) : 0;
  return align(<usize>columns << 2) + align(<usize>(terms * columns) << 2) + (transposeA ? align(<usize>(terms * M) << 2) : 0) + lastColumns + 64;
}

/**
 * C[M,N] = op(A)·op(B) + bias, float32, row-major and contiguous.
 * A is [M,K], or [K,M] if transposeA. B is [K,N], or [N,K] if transposeB. bias is [N], or the null pointer.
 * C must not overlap A, B or bias. With K = 0 every row of C is the bias.
 */
export function gemm(args: GemmArguments): void {
  const M = args.M, N = args.N, K = args.K, transposeA = args.transposeA, transposeB = args.transposeB;
  const a = args.a, b = args.b, bias = args.bias, c = args.c, workspace = args.workspace;
  const terms = min(K, K_BLOCK), columns = panelColumns(N);
  const first = align(workspace);
  const packed = first + align(<usize>columns << 2);
  const packedA = packed + align(<usize>(terms * columns) << 2);
  const lastColumns = packedA + (transposeA ? align(<usize>(terms * M) << 2) : 0);
  memory.fill(first, 0, <usize>columns << 2);
  if (bias) memory.copy(first, bias, <usize>N << 2);

  if (K == 0) {
    for (let m: usize = 0; m < <usize>M; m++) copyRow(c + m * (<usize>N << 2), first, N);
    return;
  }

  const whole = N & ~(PANEL - 1), tail = N - whole;
  const cStride = <usize>N << 2, bStride: usize = transposeB ? <usize>K << 2 : cStride;
  const inPlace = !transposeB && M <= UNPACKED_ROWS;

  for (let k = 0; k < K; k += K_BLOCK) {
    const kCount = min(K_BLOCK, K - k);
    const panelBytes = <usize>kCount * PANEL_BYTES;
    const bBlock = b + (transposeB ? <usize>k << 2 : <usize>k * cStride);
    for (let j = inPlace ? whole : 0; j < N; j += PANEL) {
      const to = packed + <usize>(j / PANEL) * panelBytes;
      if (transposeB) packPanelTransposed(bBlock + <usize>j * bStride, bStride, kCount, min(PANEL, N - j), to);
      else packPanel(bBlock + (<usize>j << 2), bStride, kCount, min(PANEL, N - j), to);
    }
    const c0 = k ? c : first, c0Stride = k ? cStride : 0;
    const tailPanel = packed + <usize>(whole / PANEL) * panelBytes;
    const tail0 = k ? lastColumns : first + (<usize>whole << 2), tail0Stride = k ? PANEL_BYTES : 0;

    if (transposeA) {
      packRows(a + (<usize>(k * M) << 2), <usize>M << 2, kCount, M, packedA);
      for (let j = 0; j < whole; j += PANEL) {
        const panel = inPlace ? bBlock + (<usize>j << 2) : packed + <usize>(j / PANEL) * panelBytes;
        multiplyPackedRows(M, kCount, packedA, panel, inPlace ? cStride : PANEL_BYTES, c0 + (<usize>j << 2), c0Stride, c + (<usize>j << 2), cStride);
      }
      if (tail) multiplyPackedRows(M, kCount, packedA, tailPanel, PANEL_BYTES, tail0, tail0Stride, lastColumns, PANEL_BYTES);
    } else {
      const aBlock = a + (<usize>k << 2), aStride = <usize>K << 2;
      multiply(M, whole, kCount, aBlock, aStride, inPlace ? bBlock : packed, inPlace ? PANEL_BYTES : panelBytes, inPlace ? cStride : PANEL_BYTES, c0, c0Stride, c, cStride);
      if (tail) multiply(M, PANEL, kCount, aBlock, aStride, tailPanel, 0, PANEL_BYTES, tail0, tail0Stride, lastColumns, PANEL_BYTES);
    }
  }

  if (tail) {
    for (let m: usize = 0; m < <usize>M; m++) {
      const to = c + m * cStride + (<usize>whole << 2), from = lastColumns + m * PANEL_BYTES;
      for (let n: usize = 0; n < <usize>tail; n++) store<f32>(to + (n << 2), load<f32>(from + (n << 2)));
    }
  }
}

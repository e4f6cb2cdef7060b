import { quantizedTile, quantizedTilePanels, quantizedTileRows } from './generated/micro-kernels';
import { padded } from './run';
import { align } from './simd';

/**
 * Matrices in int8 with a scale a column, and products with them: a row of float32 is quantized as it comes (its largest
 * value sets its scale), multiplied in integers, and scaled back. The matrix is never expanded.
 *
 *   bits 14   activations as int16, i32x4.dot_i16x8_s: four columns of two terms an instruction
 *   bits  7   activations as 0..127 around 64, the relaxed dot of int8: four columns of four terms; `offsets` take the 64 out
 *
 * Packed: int32 bits and column count, 64 bytes in all; scales float32 [N]; offsets int32 [N]; panels of 8 columns, K padded
 * to fours: [panel][K/2][8][2] for 14 bits, [panel][K/4][8][4] for 7. N is whole panels.
 */
const HEADER: usize = 64;

/** Columns of a panel. */
export const QUANTIZED_PANEL: i32 = 8;

function paddedTerms(K: i32): i32 {
  return (K + 3) & ~3;
}

/** Bytes of a packed [K, gates·H]. */
export function packedInt8Bytes(K: i32, gates: i32, H: i32): usize {
  const N = gates * padded(H);
  return HEADER + 2 * (<usize>N << 2) + <usize>(paddedTerms(K) * N);
}

/**
 * Packs int8 values [K, gates·H] with their scales [gates·H], each gate padded to whole panels: columns without values are
 * zeros.
 */
export function packInt8(K: i32, gates: i32, H: i32, bits: i32, values: usize, scales: usize, to: usize): void {
  const units = padded(H), N = gates * units, group = bits == 14 ? 2 : 4, terms = paddedTerms(K);
  memory.fill(to, 0, packedInt8Bytes(K, gates, H));
  store<i32>(to, bits);
  store<i32>(to, N, 4);
  const packedScales = to + HEADER, offsets = packedScales + (<usize>N << 2), panels = offsets + (<usize>N << 2);
  for (let gate = 0; gate < gates; gate++) {
    for (let j = 0; j < H; j++) {
      const from = gate * H + j, column = gate * units + j;
      const panel = panels + <usize>(column / QUANTIZED_PANEL * terms * QUANTIZED_PANEL), lane = column % QUANTIZED_PANEL;
      let sum = 0;
      for (let k = 0; k < K; k++) {
        const value = load<i8>(values + <usize>(k * gates * H + from));
        sum += value;
        store<i8>(panel + <usize>((k / group * QUANTIZED_PANEL + lane) * group + k % group), value);
      }
      store<f32>(packedScales + (<usize>column << 2), load<f32>(scales + (<usize>from << 2)));
      store<i32>(offsets + (<usize>column << 2), bits == 7 ? -64 * sum : 0);
    }
  }
}

/** Scratch bytes of multiplyInt8 for M rows. */
export function multiplyInt8WorkspaceBytes(M: i32, K: i32): usize {
  return align(<usize>M << 2) + align(<usize>(M * paddedTerms(K)) << 1);
}

/**
 * C[M,N] = C0[M,N] + A[M,K]·B, B packed by packInt8, from its column `first` on; N and `first` are whole panels.
 * C0 may be C, or a single row with stride 0. Strides in bytes.
 */
export function multiplyInt8(M: i32, N: i32, K: i32, a: usize, aStride: usize, b: usize, first: i32, c0: usize, c0Stride: usize, c: usize, cStride: usize, workspace: usize): void {
  const bits = load<i32>(b), columns = load<i32>(b, 4), terms = paddedTerms(K);
  const rowBytes = <usize>(bits == 14 ? terms << 1 : terms);
  const rowScales = workspace, rows = workspace + align(<usize>M << 2);
  // A sum of K products must fit 31 bits.
  const range: f32 = bits == 14 ? <f32>min(8191, <i32>(2147483647.0 / (127.0 * <f64>K))) : 63;
  for (let m = 0; m < M; m++) {
    const largest = largestMagnitude(a + <usize>m * aStride, K);
    // A row of zeros, or of what is too small to divide by, counts as zeros.
    const inverse = largest > 1e-30 ? range / largest : 0;
    if (bits == 14) quantizeRow14(a + <usize>m * aStride, K, inverse, rows + <usize>m * rowBytes, terms);
    else quantizeRow7(a + <usize>m * aStride, K, inverse, rows + <usize>m * rowBytes, terms);
    store<f32>(rowScales + (<usize>m << 2), largest > 1e-30 ? largest / range : 0);
  }

  const scales = b + HEADER, offsets = scales + (<usize>columns << 2), panels = offsets + (<usize>columns << 2);
  const panelBytes = <usize>(terms * QUANTIZED_PANEL);
  const together = quantizedTilePanels(M);
  for (let j = 0; j < N; ) {
    const count = N - j >= together * QUANTIZED_PANEL ? together : 1;
    const column = <usize>(first + j) << 2, panel = panels + <usize>((first + j) / QUANTIZED_PANEL) * panelBytes, at = <usize>j << 2;
    for (let m = 0; m < M; ) {
      const tileRows = quantizedTileRows(M - m), row = <usize>m;
      quantizedTile(bits, tileRows, count, panel, panelBytes, scales + column, offsets + column, rows + row * rowBytes, rowBytes, rowScales + (row << 2), c0 + row * c0Stride + at, c0Stride, c + row * cStride + at, cStride, terms);
      m += tileRows;
    }
    j += count * QUANTIZED_PANEL;
  }
}

function largestMagnitude(a: usize, K: i32): f32 {
  const end = a + (<usize>K << 2), vectors = a + (<usize>(K & ~3) << 2);
  let most = f32x4.splat(0);
  for (; a < vectors; a += 16) most = f32x4.pmax(most, f32x4.abs(v128.load(a)));
  let largest = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  for (; a < end; a += 4) largest = max(largest, abs(load<f32>(a)));
  return largest;
}

/** Rounds by adding 1.5·2²³, whose last bit is worth 1. */
// @ts-ignore: decorator
@inline
function rounded(x: v128, inverse: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(x, inverse), f32x4.splat(12582912)), i32x4.splat(0x4B400000));
}

function quantizeRow14(a: usize, K: i32, scale: f32, to: usize, terms: i32): void {
  const inverse = f32x4.splat(scale);
  let k = 0;
  for (; k + 4 <= K; k += 4, a += 16, to += 8) {
    const lanes = rounded(v128.load(a), inverse);
    v128.store64_lane(to, i16x8.narrow_i32x4_s(lanes, lanes), 0);
  }
  for (; k < terms; k++, a += 4, to += 2) store<i16>(to, k < K ? <i16>nearest(load<f32>(a) * scale) : 0);
}

function quantizeRow7(a: usize, K: i32, scale: f32, to: usize, terms: i32): void {
  const inverse = f32x4.splat(scale), middle = i32x4.splat(64);
  let k = 0;
  for (; k + 4 <= K; k += 4, a += 16, to += 4) {
    const words = i32x4.add(rounded(v128.load(a), inverse), middle);
    const halves = i16x8.narrow_i32x4_s(words, words);
    v128.store32_lane(to, i8x16.narrow_i16x8_u(halves, halves), 0);
  }
  for (; k < terms; k++, a += 4, to++) store<u8>(to, k < K ? <u8>(64 + <i32>nearest(load<f32>(a) * scale)) : 64);
}

/** out[n,D] = scale x int8 row of table[S,D] named by n int32 ids. The first n whose id is outside [0,S), where it stops; or -1. */
export function gatherInt8(n: i32, D: i32, S: i32, table: usize, scales: usize, ids: usize, out: usize): i32 {
  for (let i = 0; i < n; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    if (id >= <u32>S) return i;
    const row = table + <usize>id * <usize>D, scale = load<f32>(scales + (<usize>id << 2));
    const factor = f32x4.splat(scale);
    let d: usize = 0;
    for (; d + 4 <= <usize>D; d += 4, out += 16) {
      const words = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(row + d)));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(words), factor));
    }
    for (; d < <usize>D; d++, out += 4) store<f32>(out, scale * <f32>load<i8>(row + d));
  }
  return -1;
}

/** Scratch bytes of matMulInt8. */
export function matMulInt8WorkspaceBytes(M: i32, N: i32, K: i32): usize {
  const columns = padded(N);
  return 64 + align(<usize>columns << 2) + align(<usize>(M * columns) << 2) + multiplyInt8WorkspaceBytes(M, K);
}

/** C[M,N] = A[M,K]·B + bias, B packed by packInt8 as one gate of N; bias [N] or null. */
export function matMulInt8(M: i32, N: i32, K: i32, a: usize, b: usize, bias: usize, c: usize, workspace: usize): void {
  const columns = padded(N);
  const first = align(workspace), product = first + align(<usize>columns << 2), rest = product + align(<usize>(M * columns) << 2);
  memory.fill(first, 0, <usize>columns << 2);
  if (bias) memory.copy(first, bias, <usize>N << 2);
  multiplyInt8(M, columns, K, a, <usize>K << 2, b, 0, first, 0, product, <usize>columns << 2, rest);
  for (let m = 0; m < M; m++) memory.copy(c + (<usize>(m * N) << 2), product + (<usize>(m * columns) << 2), <usize>N << 2);
}

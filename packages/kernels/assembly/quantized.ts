import { GatherInt8Arguments, MatMulInt8Arguments, PackInt8Arguments } from './generated/descriptors';
import { quantizedTile, quantizedTilePanels, quantizedTileRows } from './generated/micro-kernels';
import { resizeRows } from './rows';
import { padded } from './run';
import { align } from './simd';

/**
 * Matrices in int8 with a scale for each column, and products with them. Each row of float32 activations is quantized (its largest
 * magnitude sets its scale), multiplied in integers and scaled back. The matrix is never expanded.
 *
 *   words   activations as int16, i32x4.dot_i16x8_s: four columns of two terms an instruction
 *   bytes   activations as 0..127 around 64, the relaxed dot of int8: four columns of four terms; `offsets` take the 64 out
 *
 * Activations of 14 bits are words. Those of 7 bits are bytes, or words in the build without relaxed SIMD; their integers, and so
 * the sums, are the same in both.
 *
 * Packed: int32 bits and column count, 64 bytes in all; scales float32 [N]; offsets int32 [N]; panels of 8 columns, K padded
 * to fours: [panel][K/2][8][2] for words, [panel][K/4][8][4] for bytes. N is whole panels.
 */
const HEADER: usize = 64;

/** Columns of a panel. */
export const QUANTIZED_PANEL: i32 = 8;

/** Whether this build stores activations of `bits` as words. */
function isWide(bits: i32): bool {
  return bits == 14 || !ASC_FEATURE_RELAXED_SIMD;
}

function paddedTerms(K: i32): i32 {
  return (K + 3) & ~3;
}

/** Bytes of a packed [K, gates·H]. */
export function packedInt8Bytes(K: i32, gates: i32, H: i32): usize {
  const N = gates * padded(H);
  return HEADER + 2 * (<usize>N << 2) + <usize>(paddedTerms(K) * N);
}

/**
 * Packs int8 values [K, gates·H] with their scales [gates·H]. Each gate is padded to whole panels with columns of zeros.
 */
export function packInt8(args: PackInt8Arguments): void {
  const K = args.K, gates = args.gates, H = args.H, bits = args.bits, to = args.to;
  const units = padded(H), N = gates * units, wide = isWide(bits), terms = paddedTerms(K);
  memory.fill(to, 0, packedInt8Bytes(K, gates, H));
  store<i32>(to, bits);
  store<i32>(to, N, 4);
  const scales = to + HEADER, offsets = scales + (<usize>N << 2), panels = offsets + (<usize>N << 2);
  resizeRows(scales, units, args.scales, H, gates);
  let values = args.values;
  for (let k = 0; k < K; k++) {
    for (let gate = 0; gate < gates; gate++, values += H) {
      const first = gate * units;
      packRow(values, H, panels + placeOf(k, first, terms, wide), <usize>(terms * QUANTIZED_PANEL), wide ? 2 : 4);
      if (!wide) addOffsets(values, H, offsets + (<usize>first << 2));
    }
  }
}

/** Writes H values of a row into panels that are panelBytes apart, a lane after the other. */
function packRow(values: usize, H: usize, panel: usize, panelBytes: usize, laneBytes: usize): void {
  const end = values + H;
  for (; values < end; panel += panelBytes) {
    let lane = panel;
    const panelEnd = min(values + QUANTIZED_PANEL, end);
    for (; values < panelEnd; values++, lane += laneBytes) store<u8>(lane, load<u8>(values));
  }
}

/** Adds -64 times H values of a row to the offsets of their columns. */
function addOffsets(values: usize, H: usize, offsets: usize): void {
  for (const end = values + H; values < end; values++, offsets += 4) store<i32>(offsets, load<i32>(offsets) - 64 * <i32>load<i8>(values));
}

/** The address of the value of row k and a column in the panels. */
// @ts-ignore: decorator
@inline
function placeOf(k: i32, column: i32, terms: i32, wide: bool): usize {
  const group = wide ? 2 : 4, panel = column / QUANTIZED_PANEL, lane = column % QUANTIZED_PANEL;
  return <usize>(panel * terms * QUANTIZED_PANEL + (k / group * QUANTIZED_PANEL + lane) * group + k % group);
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
  const bits = load<i32>(b), terms = paddedTerms(K), wide = isWide(bits);
  const rowBytes = <usize>(wide ? terms << 1 : terms);
  const rowScales = workspace, rows = workspace + align(<usize>M << 2);
  // A sum of K products must fit 31 bits.
  const range: f32 = bits == 14 ? <f32>min(8191, <i32>(2147483647.0 / (127.0 * <f64>K))) : 63;
  let areFinite = true;
  for (let m: usize = 0; m < <usize>M; m++) {
    const scale = quantizeRow(a + m * aStride, K, range, rows + m * rowBytes, terms, wide);
    store<f32>(rowScales + (m << 2), scale);
    areFinite = areFinite && isFinite(scale);
  }
  if (areFinite) {
    multiplyRows(M, N, rows, rowBytes, rowScales, b, first, c0, c0Stride, c, cStride, terms, wide);
    return;
  }
  for (let m: usize = 0; m < <usize>M; m++) {
    const scale = rowScales + (m << 2), from = c0 + m * c0Stride, to = c + m * cStride;
    if (isFinite(load<f32>(scale))) multiplyRows(1, N, rows + m * rowBytes, rowBytes, scale, b, first, from, c0Stride, to, cStride, terms, wide);
    else multiplyInfiniteRow(N, K, a + m * aStride, b, first, from, to, terms, wide);
  }
}

/** The product of M quantized rows. */
function multiplyRows(M: i32, N: i32, rows: usize, rowBytes: usize, rowScales: usize, b: usize, first: i32, c0: usize, c0Stride: usize, c: usize, cStride: usize, terms: i32, wide: bool): void {
  const columns = <usize>load<i32>(b, 4);
  const scales = b + HEADER, offsets = scales + (columns << 2), panels = offsets + (columns << 2);
  const panelBytes = <usize>(terms * QUANTIZED_PANEL);
  const together = quantizedTilePanels(M);
  for (let j = 0; j < N; ) {
    const count = N - j >= together * QUANTIZED_PANEL ? together : 1;
    const column = <usize>(first + j) << 2, panel = panels + <usize>((first + j) / QUANTIZED_PANEL) * panelBytes, at = <usize>j << 2;
    for (let m = 0; m < M; ) {
      const tileRows = quantizedTileRows(M - m), row = <usize>m;
      quantizedTile(wide, tileRows, count, panel, panelBytes, scales + column, offsets + column, rows + row * rowBytes, rowBytes, rowScales + (row << 2), c0 + row * c0Stride + at, c0Stride, c + row * cStride + at, cStride, terms);
      m += tileRows;
    }
    j += count * QUANTIZED_PANEL;
  }
}

/** The product of one row that holds NaN or an infinite value, in float32: integers cannot represent those. */
function multiplyInfiniteRow(N: i32, K: i32, a: usize, b: usize, first: i32, c0: usize, c: usize, terms: i32, wide: bool): void {
  const columns = <usize>load<i32>(b, 4), scales = b + HEADER, panels = scales + 2 * (columns << 2);
  for (let j = 0; j < N; j++, c0 += 4, c += 4) {
    const scale = load<f32>(scales + (<usize>(first + j) << 2));
    let sum = load<f32>(c0);
    for (let k = 0; k < K; k++) sum += load<f32>(a + (<usize>k << 2)) * (scale * <f32>load<i8>(panels + placeOf(k, first + j, terms, wide)));
    store<f32>(c, sum);
  }
}

/** Writes a row of K float32 as integers of at most `range` and returns their scale: Infinity or NaN if the row holds that. */
function quantizeRow(a: usize, K: i32, range: f32, to: usize, terms: i32, wide: bool): f32 {
  const largest = largestMagnitude(a, K);
  if (!isFinite(largest)) return largest;
  // A row counts as zeros if its largest magnitude is too small to divide by.
  const inverse = largest > 1e-30 ? range / largest : 0;
  if (wide) quantizeToWords(a, K, inverse, to, terms);
  else quantizeToBytes(a, K, inverse, to, terms);
  return largest > 1e-30 ? largest / range : 0;
}

/** The largest magnitude of K floats, NaN if one is NaN. The bits of magnitudes, as integers, have the same order, with NaN above Infinity. */
function largestMagnitude(a: usize, K: i32): f32 {
  const end = a + (<usize>K << 2), vectors = a + (<usize>(K & ~3) << 2), magnitude = i32x4.splat(0x7fffffff);
  let most = i32x4.splat(0);
  for (; a < vectors; a += 16) most = i32x4.max_s(most, v128.and(v128.load(a), magnitude));
  let largest = max(max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)), max(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)));
  for (; a < end; a += 4) largest = max(largest, load<i32>(a) & 0x7fffffff);
  return reinterpret<f32>(largest);
}

/** Rounds by adding 1.5·2²³, whose last bit is worth 1. */
// @ts-ignore: decorator
@inline
function rounded(x: v128, inverse: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(x, inverse), f32x4.splat(12582912)), i32x4.splat(0x4B400000));
}

function quantizeToWords(a: usize, K: i32, scale: f32, to: usize, terms: i32): void {
  const inverse = f32x4.splat(scale);
  let k = 0;
  for (; k + 4 <= K; k += 4, a += 16, to += 8) {
    const lanes = rounded(v128.load(a), inverse);
    v128.store64_lane(to, i16x8.narrow_i32x4_s(lanes, lanes), 0);
  }
  for (; k < terms; k++, a += 4, to += 2) store<i16>(to, k < K ? <i16>nearest(load<f32>(a) * scale) : 0);
}

function quantizeToBytes(a: usize, K: i32, scale: f32, to: usize, terms: i32): void {
  const inverse = f32x4.splat(scale), middle = i32x4.splat(64);
  let k = 0;
  for (; k + 4 <= K; k += 4, a += 16, to += 4) {
    const words = i32x4.add(rounded(v128.load(a), inverse), middle);
    const halves = i16x8.narrow_i32x4_s(words, words);
    v128.store32_lane(to, i8x16.narrow_i16x8_u(halves, halves), 0);
  }
  for (; k < terms; k++, a += 4, to++) store<u8>(to, k < K ? <u8>(64 + <i32>nearest(load<f32>(a) * scale)) : 64);
}

/** out[n,D] = the int8 rows of table[S,D] that n int32 ids name, times their scale. Stops at the first id outside [0,S) and returns its index, or -1. */
export function gatherInt8(args: GatherInt8Arguments): i32 {
  const n = args.n, D = args.D, S = args.S, table = args.table, scales = args.scales, ids = args.ids;
  let out = args.out;
  for (let i = 0; i < n; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    if (id >= <u32>S) return i;
    const row = table + <usize>id * <usize>D, scale = load<f32>(scales + (<usize>id << 2));
    const factor = f32x4.splat(scale);
    let d: usize = 0;
    for (; d + 8 <= <usize>D; d += 8, out += 32) {
      const words = v128.load_ext<i8>(row + d);
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words)), factor));
      v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words)), factor), 16);
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
export function matMulInt8(args: MatMulInt8Arguments): void {
  const M = args.M, N = args.N, K = args.K, c = args.c, bias = args.bias;
  const columns = padded(N);
  const first = align(args.workspace), product = first + align(<usize>columns << 2), rest = product + align(<usize>(M * columns) << 2);
  memory.fill(first, 0, <usize>columns << 2);
  if (bias) memory.copy(first, bias, <usize>N << 2);
  multiplyInt8(M, columns, K, args.a, <usize>K << 2, args.b, 0, first, 0, product, <usize>columns << 2, rest);
  for (let m = 0; m < M; m++) memory.copy(c + (<usize>(m * N) << 2), product + (<usize>(m * columns) << 2), <usize>N << 2);
}

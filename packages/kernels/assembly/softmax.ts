import { expMinus } from './exponential';

/** The parts of a row's softmax, inlined: a call for each costs the cross-entropy 3 %. A row has C >= 1 logits; one that holds NaN or Infinity has a sum of NaN. */

/** The largest of C logits, NaN if one is NaN. */
// @ts-ignore: decorator
@inline
export function largestOf(logits: usize, C: i32): f32 {
  const row = <usize>C << 2, vectors = <usize>(C & ~3) << 2;
  let largest = load<f32>(logits);
  if (vectors) {
    let most = v128.load(logits);
    for (let j: usize = 16; j < vectors; j += 16) most = f32x4.max(most, v128.load(logits + j));
    largest = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  }
  for (let j = vectors; j < row; j += 4) largest = max(largest, load<f32>(logits + j));
  return largest;
}

/** to[C] = e^(logits - largest). Returns their sum. `table` is fillTable's. */
// @ts-ignore: decorator
@inline
export function exponentials(table: usize, largest: f32, logits: usize, to: usize, C: i32): f32 {
  const row = <usize>C << 2, vectors = <usize>(C & ~3) << 2;
  const shift = f32x4.splat(largest);
  let total = f32x4.splat(0), total1 = f32x4.splat(0);
  let done: usize = 0;
  for (; done + 32 <= row; done += 32) {
    const e0 = expMinus(table, f32x4.sub(shift, v128.load(logits + done))), e1 = expMinus(table, f32x4.sub(shift, v128.load(logits + done, 16)));
    total = f32x4.add(total, e0);
    total1 = f32x4.add(total1, e1);
    v128.store(to + done, e0);
    v128.store(to + done, e1, 16);
  }
  total = f32x4.add(total, total1);
  for (; done < vectors; done += 16) {
    const e = expMinus(table, f32x4.sub(shift, v128.load(logits + done)));
    total = f32x4.add(total, e);
    v128.store(to + done, e);
  }
  let sum = f32x4.extract_lane(total, 0) + f32x4.extract_lane(total, 1) + (f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3));
  for (let j = vectors; j < row; j += 4) {
    const e = f32x4.extract_lane(expMinus(table, f32x4.splat(largest - load<f32>(logits + j))), 0);
    sum += e;
    store<f32>(to + j, e);
  }
  return sum;
}

/** row[C] = row / sum. */
// @ts-ignore: decorator
@inline
export function divideRow(row: usize, C: i32, sum: f32): void {
  const end = <usize>C << 2, vectors = <usize>(C & ~3) << 2;
  const share = f32x4.splat(1 / sum);
  for (let j: usize = 0; j < vectors; j += 16) v128.store(row + j, f32x4.mul(v128.load(row + j), share));
  for (let j = vectors; j < end; j += 4) store<f32>(row + j, load<f32>(row + j) / sum);
}

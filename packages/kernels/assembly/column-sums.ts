import { clearRow } from './rows';

/** Rows added before the next eight columns. Down all rows, eight columns at a time would touch a page for every row. */
const ROWS_TOGETHER: i32 = 16;

/** out[C] = the sum of the n rows of x[n,C], added in order. */
export function columnSums(n: i32, C: i32, x: usize, out: usize): void {
  clearRow(out, C);
  addColumnSums(n, C, x, out);
}

/** out[C] += the sum of the n rows of x[n,C], added in order. */
export function addColumnSums(n: i32, C: i32, x: usize, out: usize): void {
  const row = <usize>C << 2, pairs = <usize>(C & ~7) << 2;
  for (let i = 0; i < n; i += ROWS_TOGETHER, x += ROWS_TOGETHER * row) {
    const rows = min(ROWS_TOGETHER, n - i);
    for (let j: usize = 0; j < pairs; j += 32) {
      let s0 = v128.load(out + j), s1 = v128.load(out + j, 16);
      for (let r = 0, at = x + j; r < rows; r++, at += row) {
        const v0 = v128.load(at), v1 = v128.load(at, 16);
        s0 = f32x4.add(s0, v0);
        s1 = f32x4.add(s1, v1);
      }
      v128.store(out + j, s0);
      v128.store(out + j, s1, 16);
    }
    for (let j = pairs; j < row; j += 4) {
      let sum = load<f32>(out + j);
      for (let r = 0, at = x + j; r < rows; r++, at += row) sum += load<f32>(at);
      store<f32>(out + j, sum);
    }
  }
}

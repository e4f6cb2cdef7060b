import { copyRow } from './rows';

/** out[n,D] = the rows of table[S,D] that n int32 ids name. Stops at the first id outside [0,S) and returns its index, or -1. */
export function gather(n: i32, D: i32, S: i32, table: usize, ids: usize, out: usize): i32 {
  const row = <usize>D << 2;
  for (let i = 0; i < n; i++, out += row) {
    const id = load<u32>(ids + (<usize>i << 2));
    if (id >= <u32>S) return i;
    copyRow(out, table + <usize>id * row, D);
  }
  return -1;
}

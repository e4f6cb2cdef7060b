import { gemm } from './gemm';
import { multiplyPacked } from './packed-matrix';
import { accumulate, dropHidden, multiply } from './sequence';

/** Through a step's h·U: dh [B,H] += (dSums [B,columns]·Uᵀ) ∘ drop, Uᵀ packed. `product` [B,H] and the row `zeros` are scratch. */
export function addStateGradient(B: i32, H: i32, columns: i32, dSums: usize, packed: usize, drop: usize, dh: usize, product: usize, zeros: usize, tailTile: usize): void {
  const row = <usize>H << 2, dRow = <usize>columns << 2;
  if (!drop) {
    multiplyPacked(B, H, columns, dSums, dRow, packed, dh, row, dh, row, tailTile);
    return;
  }
  multiplyPacked(B, H, columns, dSums, dRow, packed, zeros, 0, product, row, tailTile);
  multiply(product, product, drop, <usize>(B * H));
  accumulate(dh, product, <usize>(B * H));
}

/** dU [H,columns] = Σ over all steps of (hidden ∘ drop)ᵀ·dSums; both are batch-major. `droppedHidden` [B,T,H] is scratch. */
export function weightGradient(B: i32, T: i32, H: i32, columns: i32, hidden: usize, drop: usize, droppedHidden: usize, dSums: usize, du: usize, workspace: usize): void {
  if (drop) dropHidden(droppedHidden, hidden, drop, <usize>B, <usize>T, <usize>H);
  gemm(H, columns, B * T, drop ? droppedHidden : hidden, 1, dSums, 0, 0, du, workspace);
}

import type { Cell, CellWeights } from './cells/cell.ts';
import { type ScanInput, type ScanOutput, scan } from './scan.ts';

/**
 * Runs a cell over a sequence by the fastest way the current backend has.
 * Today that is the scan everywhere; a fused sequence kernel registers here, one op a cell type.
 */
export function recurrent(cell: Cell, weights: CellWeights, input: ScanInput): ScanOutput {
  return scan(cell, weights, input);
}

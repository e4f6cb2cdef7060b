import { GRU_RESET_AFTER, GRU_RESET_BEFORE, gateCount } from './cell';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { packPanelTransposed } from './pack';
import { clearRow } from './rows';

/** Wᵀ (or Uᵀ) [gates·units, K] as panels of K, gates in the order of the gradient's slots, each padded to `units` rows. */
export function packTransposedGates(cell: i32, from: usize, K: i32, H: i32, units: i32, to: usize, input: bool): void {
  const gates = gateCount(cell), stride = <usize>(gates * H) << 2;
  const candidateApart = !input && cell == GRU_RESET_BEFORE;
  if (candidateApart) to = packTransposedBlocks(from + (<usize>(2 * H) << 2), stride, K, H, units, 1, 0, to);
  packTransposedBlocks(from, stride, K, H, units, candidateApart ? 2 : gates, input && cell >= GRU_RESET_AFTER ? 2 : 0, to);
}

/** Blocks of H columns of `from`, the first being block `rotation`, transposed. Returns where the panels end. */
function packTransposedBlocks(from: usize, stride: usize, K: i32, H: i32, units: i32, blocks: i32, rotation: i32, to: usize): usize {
  const padding = (units - H) * PANEL;
  for (let j = 0; j < K; j += PANEL) {
    for (let block = 0; block < blocks; block++) {
      const source = from + (<usize>((block + rotation) % blocks * H) << 2);
      packPanelTransposed(source + <usize>j * stride, stride, H, min(PANEL, K - j), to);
      to += <usize>H * PANEL_BYTES;
      clearRow(to, padding);
      to += <usize>padding << 2;
    }
  }
  return to;
}

import { columnSumsEntry } from './column-sums.ts';
import { conv1dEntries, conv1dInt8Entries } from './conv1d.ts';
import { crfEntries } from './crf.ts';
import { crossEntropyEntry } from './cross-entropy.ts';
import { ctcEntry } from './ctc.ts';
import type { KernelEntry } from './entry.ts';
import { gatherEntry } from './gather.ts';
import { gemmEntry } from './gemm.ts';
import { gatherInt8Entry, matMulInt8Entries, recurrentInt8Entries } from './int8.ts';
import { layerNormEntries } from './layer-norm.ts';
import { recurrentEntries } from './recurrent.ts';
import { segmentSumEntry } from './segment-sum.ts';

/** Calls `visit` with every entry. TypeScript cannot type a list of mixed size types, but it can type a visitor. */
export function forEachKernel(visit: <S>(entry: KernelEntry<S>) => void): void {
  visit(gemmEntry);
  visit(gatherEntry);
  visit(segmentSumEntry);
  visit(columnSumsEntry);
  visit(crossEntropyEntry);
  visit(ctcEntry);
  for (const entry of crfEntries) visit(entry);
  for (const entry of layerNormEntries) visit(entry);
  for (const entry of [...conv1dEntries, ...conv1dInt8Entries]) visit(entry);
  visit(gatherInt8Entry);
  for (const entry of matMulInt8Entries) visit(entry);
  for (const entry of [...recurrentEntries, ...recurrentInt8Entries]) visit(entry);
}

import type { Bytes } from './calls.ts';
import type { Mpi } from './mpi.ts';
import { tags } from './tags.ts';

type Chain = Pick<Mpi, 'rank' | 'size' | 'send' | 'receive' | 'add'>;

export interface ChainSum {
  /** The result, on every rank. */
  total: Float32Array;
  /** This rank's vectors, as long as the total; rank 0 must have one or more. */
  addends: readonly Float32Array[];
  /** Called on the last rank for each finished part [from, to) of the total. */
  onPart(from: number, to: number): void;
  /** What the last rank's onPart computes; copied to every rank. */
  derived: Bytes;
}

/** Floats per message: several messages are on their way at once, so all links and all ranks work at the same time. */
export const PART = 65536;
/** Messages that a rank sends before it waits for the first to be complete. */
const WINDOW = 8;

/**
 * Sums all ranks' addends in the order of ranks, and on each rank in the order of the list. Rank r receives the sum of ranks 0 to r-1, adds
 * its own and sends it on; the last rank sends the total back. The additions are those of one process in the same order, so the bits are
 * the same for any number of ranks. (A ring all-reduce adds in another order in each part of the vector.)
 */
export async function chainSum(mpi: Chain, sum: ChainSum): Promise<void> {
  const { rank, size, send, receive } = mpi;
  const { total, derived, onPart } = sum;
  const isLast = rank === size - 1;
  const parts = Array.from({ length: Math.ceil(total.length / PART) }, (_, i) => total.subarray(i * PART, (i + 1) * PART));
  const receiveForward = (i: number) => {
    const part = parts[i];
    return rank > 0 && part ? handled(receive(part, rank - 1, tags.forward)) : undefined;
  };
  const sendBack = (i: number) => send(parts[i] as Float32Array, rank - 1, tags.back(i));
  async function relayBack(i: number): Promise<void> {
    await receive(parts[i] as Float32Array, rank + 1, tags.back(i));
    if (rank > 0) await sendBack(i);
  }

  const sent: Promise<void>[] = [];
  const returned: Promise<void>[] = [];
  let arriving = receiveForward(0);
  for (const [i, part] of parts.entries()) {
    await arriving;
    // The next part arrives while this one is added.
    arriving = receiveForward(i + 1);
    addPart(mpi, sum, i * PART);
    if (isLast) onPart(i * PART, i * PART + part.length);
    sent.push(handled(isLast ? sendBack(i) : send(part, rank + 1, tags.forward)));
    if (!isLast) returned.push(handled((sent[i] as Promise<void>).then(() => relayBack(i))));
    await sent[i - WINDOW];
  }
  await Promise.all([...sent, ...returned]);
  if (!isLast) await receive(derived, rank + 1, tags.derived);
  if (rank > 0) await send(derived, rank - 1, tags.derived);
}

/** A promise that is awaited later. Until then its rejection is not unhandled. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** The first addend of rank 0 begins the sum; on other ranks the sum has arrived in the total. */
function addPart({ rank, add }: Chain, { total, addends }: ChainSum, start: number): void {
  const partOf = (array: Float32Array) => array.subarray(start, start + PART);
  const [first, ...rest] = addends;
  if (rank === 0 && first) partOf(total).set(partOf(first));
  for (const addend of rank === 0 ? rest : addends) add(partOf(addend), partOf(total));
}

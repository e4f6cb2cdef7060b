/** Messages of values: anything that the structured clone algorithm copies, such as objects, typed arrays and NaN. */
import { deserialize, serialize } from 'node:v8';
import type { Bytes } from './calls.ts';
import type { Mpi } from './mpi.ts';
import { tags } from './tags.ts';

type Ranks = Pick<Mpi, 'rank' | 'size' | 'send' | 'receive'>;

/** Bytes per message; MPI counts them in 31 bits. */
const PART_BYTES = 2 ** 26;

/**
 * @param onArrival called on rank 0 with each rank whose value has arrived.
 * @returns the values of all ranks in their order on rank 0, undefined on the others.
 */
export async function gather<T>(mpi: Ranks, value: T, onArrival?: (rank: number) => void): Promise<T[] | undefined> {
  if (mpi.rank > 0) {
    await sendValue(mpi, value, 0);
    return undefined;
  }
  const others = Array.from({ length: mpi.size - 1 }, async (_, i) => {
    const arrived = await receiveValue<T>(mpi, i + 1);
    onArrival?.(i + 1);
    return arrived;
  });
  return [value, ...(await Promise.all(others))];
}

/** @returns rank 0's value on every rank. */
export async function broadcast<T>(mpi: Ranks, value: T | undefined): Promise<T> {
  if (mpi.rank > 0) return receiveValue<T>(mpi, 0);
  await Promise.all(Array.from({ length: mpi.size - 1 }, (_, i) => sendValue(mpi, value, i + 1)));
  return value as T;
}

/** Copies rank 0's array into the array of every rank, along a chain and in parts, so all links work at once. */
export async function broadcastArray({ rank, size, send, receive }: Ranks, array: Bytes): Promise<void> {
  const sent: Promise<void>[] = [];
  for (const part of partsOf(array, 2 ** 20)) {
    if (rank > 0) await receive(part, rank - 1, tags.array);
    if (rank < size - 1) sent.push(send(part, rank + 1, tags.array));
    if (sent.length === 8) await Promise.all(sent.splice(0));
  }
  await Promise.all(sent);
}

/**
 * Passes numbers along the chain of ranks: each rank gets those of the one before it, and gives its own from them.
 * @returns the last rank's numbers on every rank.
 */
export async function foldInOrder(
  { rank, size, send, receive }: Ranks,
  first: readonly number[],
  next: (before: readonly number[]) => readonly number[],
): Promise<number[]> {
  const message = new Float64Array(new ArrayBuffer(first.length * 8));
  message.set(first);
  if (rank > 0) await receive(message, rank - 1, tags.numbers);
  message.set(next([...message]));
  if (rank < size - 1) {
    await send(message, rank + 1, tags.numbers);
    await receive(message, rank + 1, tags.numbers);
  }
  if (rank > 0) await send(message, rank - 1, tags.numbers);
  return [...message];
}

async function sendValue({ send }: Ranks, value: unknown, to: number): Promise<void> {
  const bytes = serialize(value);
  const length = new Float64Array(new ArrayBuffer(8)).fill(bytes.length);
  await Promise.all([send(length, to, tags.valueLength), ...partsOf(bytes, PART_BYTES).map((part) => send(part, to, tags.value))]);
}

async function receiveValue<T>({ receive }: Ranks, from: number): Promise<T> {
  const length = new Float64Array(new ArrayBuffer(8));
  await receive(length, from, tags.valueLength);
  const bytes = Buffer.allocUnsafeSlow(length[0] as number);
  await Promise.all(partsOf(bytes, PART_BYTES).map((part) => receive(part, from, tags.value)));
  return deserialize(bytes) as T;
}

function partsOf(array: Bytes, size: number): Uint8Array[] {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

import { handled, type OrderedSum, type Ranks, reportBlocks } from './ordered-sum.ts';
import { tags } from './tags.ts';

/** Messages that a rank sends before it waits for the first to be complete. */
const WINDOW = 8;

/**
 * Sums along a chain: rank r receives the sum of ranks 0 to r-1, adds its own addends and sends it on; the last rank sends the total back.
 * @param partFloats floats of a message. Several messages are on their way at once, so all links and all ranks work at the same time.
 */
export async function chainSum(mpi: Ranks, sum: OrderedSum, partFloats: number): Promise<void> {
  const { rank, size, send, receive } = mpi;
  const { total } = sum;
  const isLast = rank === size - 1;
  const report = reportBlocks(sum);
  const parts = Array.from({ length: Math.ceil(total.length / partFloats) }, (_, i) =>
    total.subarray(i * partFloats, (i + 1) * partFloats),
  );
  const endOf = (i: number) => Math.min(total.length, (i + 1) * partFloats);
  const receiveForward = (i: number) => {
    const part = parts[i];
    return rank > 0 && part ? handled(receive(part, rank - 1, tags.forward)) : undefined;
  };

  const sent: Promise<void>[] = [];
  const sentBack: Promise<void>[] = [];
  const sendBack = (i: number) => {
    if (rank > 0) sentBack.push(handled(send(parts[i] as Float32Array, rank - 1, tags.back(i))));
  };
  async function relayBack(i: number): Promise<void> {
    await receive(parts[i] as Float32Array, rank + 1, tags.back(i));
    sendBack(i);
  }

  let finished = Promise.resolve();
  let arriving = receiveForward(0);
  for (const [i, part] of parts.entries()) {
    await arriving;
    // The next part arrives while this one is added.
    arriving = receiveForward(i + 1);
    addPart(mpi, sum, i * partFloats, endOf(i));
    if (isLast) {
      sendBack(i);
      report(endOf(i));
      await sentBack[i - WINDOW];
    } else {
      const passed = handled(send(part, rank + 1, tags.forward));
      sent.push(passed);
      const returned = handled(passed.then(() => relayBack(i)));
      finished = handled(Promise.all([finished, returned]).then(() => report(endOf(i))));
      await sent[i - WINDOW];
    }
  }
  await finished;
  await Promise.all([...sent, ...sentBack]);
}

/** Rank 0 begins the sum; on other ranks the sum of the ranks before them has arrived in the total. */
function addPart({ rank, add }: Ranks, { total, before, addends }: OrderedSum, from: number, to: number): void {
  const part = total.subarray(from, to);
  const vectors = rank === 0 && before ? [before, ...addends] : addends;
  for (const [i, vector] of vectors.entries()) {
    if (rank === 0 && i === 0) part.set(vector.subarray(from, to));
    else add(vector.subarray(from, to), part);
  }
}

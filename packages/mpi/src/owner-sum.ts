import { handled, type OrderedSum, type Ranks, reportBlocks } from './ordered-sum.ts';
import { tags } from './tags.ts';

/** Floats of the vector, [from, to). */
interface Piece {
  from: number;
  to: number;
}

/** A vector's piece, and when it is there. */
interface Arrival {
  piece: Float32Array;
  arrived: Promise<void>;
}

interface Round {
  /** The pieces of all addends that this rank adds, in order. */
  addends: Arrival[];
  /** Where each owner's piece ends, and when its total is here; undefined for this rank's own piece and for empty ones. */
  totals: { end: number; arrived: Promise<void> | undefined }[];
  sent: Promise<void>[];
}

/**
 * Each rank owns a piece of the vector. All send each owner its piece of every addend; the owner adds the pieces in order; then all receive
 * the totals. Addends are not added before they are sent: that would change the order of additions.
 * @param pieceFloats of an owner's piece. A longer vector takes several rounds; each begins before the one before it ends.
 * @param inbox memory for the pieces of two rounds: `inboxFloats`.
 */
export async function ownerSum(mpi: Ranks, sum: OrderedSum, pieceFloats: number, inbox: Float32Array): Promise<void> {
  const { rank, size } = mpi;
  const { total } = sum;
  const report = reportBlocks(sum);
  const perRound = pieceFloats * size;
  const count = Math.ceil(total.length / perRound);
  const half = inbox.length / 2;
  const start = (i: number) => {
    const pieces = cutEvenly({ from: i * perRound, to: Math.min(total.length, (i + 1) * perRound) }, size);
    return { pieces, round: startRound(mpi, sum, pieces, inbox.subarray((i % 2) * half)) };
  };

  async function finish({ totals, sent }: Round): Promise<void> {
    for (const { end, arrived } of totals) {
      await arrived;
      report(end);
    }
    await Promise.all(sent);
  }

  let earlier: Round | undefined;
  let next = count > 0 ? start(0) : undefined;
  for (let i = 0; i < count; i++) {
    const { pieces, round } = next as NonNullable<typeof next>;
    // The next round's pieces arrive while this one's are added. Half of the inbox is free: the round before this one has added its pieces.
    if (i + 1 < count) next = start(i + 1);
    const own = pieces[rank] as Piece;
    await addArrivals(mpi, sum, own, round.addends);
    const result = total.subarray(own.from, own.to);
    for (const to of others(mpi)) if (result.length > 0) round.sent.push(handled(mpi.send(result, to, tags.total)));
    if (earlier) await finish(earlier);
    earlier = round;
  }
  if (earlier) await finish(earlier);
}

/** The floats that `ownerSum` needs for the pieces of two rounds. */
export function inboxFloats(rank: number, counts: readonly number[], pieceFloats: number): number {
  return 2 * pieceFloats * counts.reduce((all, count, from) => all + (from === rank ? 0 : count), 0);
}

function startRound(mpi: Ranks, { total, addends, counts }: OrderedSum, pieces: readonly Piece[], inbox: Float32Array): Round {
  const { rank, send, receive } = mpi;
  const own = pieces[rank] as Piece;
  const length = own.to - own.from;
  let used = 0;
  const arriving = counts.flatMap((count, from) =>
    Array.from({ length: count }, (_, i): Arrival => {
      if (from === rank) return { piece: (addends[i] as Float32Array).subarray(own.from, own.to), arrived: Promise.resolve() };
      const piece = inbox.subarray(used, used + length);
      used += length;
      return { piece, arrived: length > 0 ? handled(receive(piece, from, tags.addend)) : Promise.resolve() };
    }),
  );
  const totals = pieces.map(({ from, to }, owner) => {
    const isHere = owner === rank || from === to;
    return { end: to, arrived: isHere ? undefined : handled(receive(total.subarray(from, to), owner, tags.total)) };
  });
  const sent = others(mpi).flatMap((owner) => {
    const { from, to } = pieces[owner] as Piece;
    return from === to ? [] : addends.map((addend) => handled(send(addend.subarray(from, to), owner, tags.addend)));
  });
  return { addends: arriving, totals, sent };
}

async function addArrivals(
  { add }: Ranks,
  { total, before }: OrderedSum,
  { from, to }: Piece,
  arrivals: readonly Arrival[],
): Promise<void> {
  const result = total.subarray(from, to);
  if (before) result.set(before.subarray(from, to));
  for (const [i, { piece, arrived }] of arrivals.entries()) {
    await arrived;
    if (i === 0 && !before) result.set(piece);
    else add(piece, result);
  }
}

/** The ranks after this one, then those before it: not all send to the same rank first. */
const others = ({ rank, size }: Pick<Ranks, 'rank' | 'size'>) => Array.from({ length: size - 1 }, (_, i) => (rank + 1 + i) % size);

/** Pieces that differ by at most one float; some are empty if there are fewer floats than pieces. */
function cutEvenly({ from, to }: Piece, count: number): Piece[] {
  const edge = (i: number) => from + Math.floor((i * (to - from)) / count);
  return Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1) }));
}

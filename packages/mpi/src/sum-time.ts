/** How long a sum over ranks takes, chain or owners. Pure: every rank computes the same choice from the same numbers. */

/** A link between two ranks, after Hockney (1994): a message of n bytes takes latency + n · secondsPerByte. */
export interface Link {
  /** Seconds of an empty message. */
  latency: number;
  secondsPerByte: number;
}

/** Where the ranks run, and what they take. Times are in seconds. */
export interface SumCosts {
  /** The machine of each rank. Its ranks share its network card, which sends and receives at once. */
  machines: readonly number[];
  cores: number;
  /** Between machines. */
  network: Link;
  /** Between two ranks of a machine: only its latency, as the ranks' threads copy the bytes. */
  memoryLatency: number;
  /** A thread's work, to start a message and to notice that it is complete. */
  perMessage: number;
  /** The sender's thread copies a message into the system, the receiver's thread copies it out. */
  perByteCopied: number;
  /** One byte of a vector added to another. */
  perByteAdded: number;
}

export interface SumSize {
  floats: number;
  /** The number of vectors of each rank. */
  counts: readonly number[];
  /** Whether the total of an earlier sum is added too. */
  accumulated?: boolean;
}

export interface SumPlan {
  algorithm: 'chain' | 'owners';
  /** Floats of a message: a part of the vector, or an owner's piece. */
  messageFloats: number;
  seconds: number;
}

/** Floats of a message along the chain: 8 KiB to 1 MiB. */
const PARTS = Array.from({ length: 8 }, (_, i) => 2 ** (11 + i));
/** Floats of an owner's piece, unless the inbox is full before. */
const PIECE = 262144;
const LEAST_PIECE = 2048;
/** For the arriving pieces of two rounds. */
const INBOX_FLOATS = 2 ** 22;

/** The faster algorithm, with the size of its messages. */
export function planSum(costs: SumCosts, size: SumSize): SumPlan {
  const [chain, owners] = [planChain(costs, size), planOwners(costs, size)];
  // Between two ranks of a machine the forecast favours owners by more than was measured (`npm run bench -- mpi`): their exchanges wait for each other.
  if (costs.machines.length === 2 && costs.machines[0] === costs.machines[1]) return chain;
  return owners.seconds < chain.seconds ? owners : chain;
}

/** The chain with its best size of messages. */
export function planChain(costs: SumCosts, size: SumSize): SumPlan {
  const plans = PARTS.map((floats): SumPlan => ({ algorithm: 'chain', messageFloats: floats, seconds: chainTime(costs, size, floats) }));
  return plans.reduce((best, plan) => (plan.seconds < best.seconds ? plan : best));
}

export function planOwners(costs: SumCosts, size: SumSize): SumPlan {
  const messageFloats = pieceOf(size);
  return { algorithm: 'owners', messageFloats, seconds: ownerTime(costs, size, messageFloats) };
}

/** Floats of an owner's piece, so that the inbox stays small for vectors and batches of any size. */
function pieceOf({ floats, counts }: SumSize): number {
  const fits = Math.floor(INBOX_FLOATS / (2 * sum(counts)));
  return Math.max(1, Math.min(Math.ceil(floats / counts.length), PIECE, Math.max(fits, LEAST_PIECE)));
}

/**
 * A chain is a pipeline of parts: the first part's whole way, then one period for each other part. The way has 2(R-1) messages and R
 * additions. The period is the longest of
 * - a message on a network card,
 * - a rank's thread: its additions, and its messages, 4 in the middle of the chain and 2 at its ends,
 * - the threads of a machine over its cores.
 * If it is longer, a machine's card decides: all parts leave it forward and back.
 */
export function chainTime(costs: SumCosts, { floats, counts, accumulated = false }: SumSize, partFloats: number): number {
  const { machines, cores, network, memoryLatency, perMessage, perByteCopied, perByteAdded } = costs;
  const last = machines.length - 1;
  const bytes = 4 * Math.min(partFloats, floats);
  const handling = perMessage + bytes * perByteCopied;
  /** By machine. */
  const leaving = new Map<number, number>();
  const threads = new Map<number, number>();
  const add = (to: Map<number, number>, machine: number, value: number) => to.set(machine, (to.get(machine) ?? 0) + value);
  let way = 0;
  let busiest = 0;
  for (const [rank, machine] of machines.entries()) {
    const adding = bytes * perByteAdded * ((counts[rank] as number) + Number(accumulated && rank === 0));
    const messages = 2 * (Number(rank > 0) + Number(rank < last));
    const busy = adding + messages * handling;
    busiest = Math.max(busiest, busy);
    add(threads, machine, busy);
    way += busy;
    const next = machines[rank + 1];
    if (next === undefined) continue;
    way += 2 * (next === machine ? memoryLatency : network.latency + bytes * network.secondsPerByte);
    if (next === machine) continue;
    add(leaving, machine, 1);
    add(leaving, next, 1);
  }
  const parts = Math.ceil(floats / partFloats);
  const message = bytes * network.secondsPerByte;
  const period = Math.max(busiest, leaving.size > 0 ? message : 0, Math.max(...threads.values()) / cores);
  // The card of the last but one rank is also busy while the first part passes its neighbours; how long is fitted to the simulation.
  const card = (parts * Math.max(0, ...leaving.values()) - 3) * message - network.latency;
  return way + Math.max((parts - 1) * period, card);
}

/**
 * Owners: each rank sends every other its pieces of the addends, the owners add, and each sends every other its piece of the total. An
 * exchange takes a latency and the longest of
 * - a machine's network card: what leaves the machine, or what enters it,
 * - a rank's thread: its messages, which take turns if the machine has fewer cores than ranks.
 */
export function ownerTime(costs: SumCosts, { floats, counts, accumulated = false }: SumSize, pieceFloats: number): number {
  const { machines, cores, network, memoryLatency, perMessage, perByteCopied, perByteAdded } = costs;
  const R = machines.length;
  const shards = sum(counts);
  const bytes = (4 * floats) / R;
  const handling = Math.ceil(bytes / (4 * pieceFloats)) * perMessage + bytes * perByteCopied;
  const groups = new Map<number, { ranks: number; vectors: number }>();
  for (const [rank, machine] of machines.entries()) {
    const { ranks, vectors } = groups.get(machine) ?? { ranks: 0, vectors: 0 };
    groups.set(machine, { ranks: ranks + 1, vectors: vectors + (counts[rank] as number) });
  }
  const turns = Math.max(1, Math.max(...[...groups.values()].map(({ ranks }) => ranks)) / cores);
  const latency = groups.size > 1 ? network.latency : memoryLatency;
  function exchange(all: number, mostOfRank: number, vectorsOf: (group: { ranks: number; vectors: number }) => number): number {
    const crossing = [...groups.values()].map((group) => {
      const own = vectorsOf(group);
      return Math.max(own * (R - group.ranks), (all - own) * group.ranks);
    });
    const thread = (mostOfRank * (R - 1) + all - mostOfRank) * handling * turns;
    return latency + Math.max(thread, Math.max(...crossing) * bytes * network.secondsPerByte);
  }
  const adding = (shards + Number(accumulated)) * bytes * perByteAdded * turns;
  const addends = exchange(shards, Math.max(...counts), ({ vectors }) => vectors);
  return addends + adding + exchange(R, 1, ({ ranks }) => ranks);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

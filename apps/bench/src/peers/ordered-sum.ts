/**
 * A rank that times the sum of a vector over all ranks and a copy of the vector in memory. Rank 0 prints a line of JSON per round.
 * Arguments: bytes, rounds, vectors of each rank.
 */
import { chainSum } from '@unroll/mpi/chain-sum.ts';
import { measureCosts } from '@unroll/mpi/measure-costs.ts';
import { joinMpi } from '@unroll/mpi/mpi.ts';
import type { OrderedSum } from '@unroll/mpi/ordered-sum.ts';
import { inboxFloats, ownerSum } from '@unroll/mpi/owner-sum.ts';
import { planChain, planOwners } from '@unroll/mpi/sum-time.ts';
import { broadcast, gather } from '@unroll/mpi/values.ts';

/** Milliseconds, and what the trainer would expect. */
export interface TimedSum {
  chainMs: number;
  chainPlanMs: number;
  ownersMs: number;
  ownersPlanMs: number;
  copyMs: number;
}

const [BYTES = '4000000', ROUNDS = '9', VECTORS = '1'] = process.argv.slice(2);
const CALLS = 20;
const mpi = joinMpi();
if (!mpi) throw new Error('start this with mpiexec');
const { rank, size } = mpi;
const vector = () => new Float32Array(new SharedArrayBuffer(Number(BYTES))).fill(rank + 1);
const [total, copy] = [vector(), vector()];
const addends = Array.from({ length: Number(VECTORS) }, vector);
const counts = new Array<number>(size).fill(addends.length);
const sum: OrderedSum = { total, addends, counts, block: 8192, onPart() {} };

const places = { machines: counts.map(() => 0), cores: 2 };
const costs = await measureCosts(mpi, places.machines, places.cores);
const [chain, owners] = [planChain(costs, { floats: total.length, counts }), planOwners(costs, { floats: total.length, counts })];
const inbox = new Float32Array(new ArrayBuffer(4 * inboxFloats(rank, counts, owners.messageFloats)));
const sumAlongChain = () => chainSum(mpi, sum, chain.messageFloats);
const sumByOwners = () => ownerSum(mpi, sum, owners.messageFloats, inbox);

/** Milliseconds of one call, once all ranks are here. */
async function timeOf(call: () => unknown): Promise<number> {
  await broadcast(mpi as NonNullable<typeof mpi>, await gather(mpi as NonNullable<typeof mpi>, 0));
  const started = performance.now();
  for (let i = 0; i < CALLS; i++) await call();
  return (performance.now() - started) / CALLS;
}

await timeOf(sumAlongChain);
await timeOf(sumByOwners);
for (let round = 0; round < Number(ROUNDS); round++) {
  const chainMs = await timeOf(sumAlongChain);
  const ownersMs = await timeOf(sumByOwners);
  const copyMs = await timeOf(() => {
    if (rank === 0) copy.set(total);
  });
  const times: TimedSum = { chainMs, ownersMs, copyMs, chainPlanMs: 1000 * chain.seconds, ownersPlanMs: 1000 * owners.seconds };
  if (rank === 0) console.log(JSON.stringify(times));
}
mpi.finalize();

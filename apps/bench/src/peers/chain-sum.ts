/** A rank that times the sum of a vector over all ranks, and a copy of it in memory. Rank 0 prints a line of JSON per round. */
import { chainSum } from '@unroll/mpi/chain-sum.ts';
import { joinMpi } from '@unroll/mpi/mpi.ts';
import { broadcast, gather } from '@unroll/mpi/values.ts';

const [BYTES = '4000000', ROUNDS = '9'] = process.argv.slice(2);
const CALLS = 20;
const mpi = joinMpi();
if (!mpi) throw new Error('start this with mpiexec');
const { rank } = mpi;
const vector = () => new Float32Array(new SharedArrayBuffer(Number(BYTES))).fill(rank + 1);
const [total, own, copy] = [vector(), vector(), vector()];
const sum = () => chainSum(mpi, { total, addends: [own], derived: new Float64Array(new SharedArrayBuffer(8)), onPart() {} });

/** Milliseconds of one call. */
async function timeOf(call: () => unknown): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < CALLS; i++) await call();
  return (performance.now() - started) / CALLS;
}

await timeOf(sum);
for (let round = 0; round < Number(ROUNDS); round++) {
  await broadcast(mpi, await gather(mpi, round));
  const sumMs = await timeOf(sum);
  await broadcast(mpi, await gather(mpi, round));
  if (rank === 0) console.log(JSON.stringify({ sumMs, copyMs: await timeOf(() => copy.set(total)) }));
}
mpi.finalize();

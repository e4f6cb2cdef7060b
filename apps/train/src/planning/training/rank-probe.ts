/** Run by mpiexec on two ranks: rank 0 prints the times of messages between them as JSON. */
import { measurePair, timeOfAdding } from '@unroll/mpi/measure-costs.ts';
import { joinMpi } from '@unroll/mpi/mpi.ts';

const ROUNDS = { warmUp: 10, timed: 40 };

const mpi = joinMpi();
if (mpi?.size !== 2) throw new Error(`rank-probe: expected 2 ranks, got ${mpi?.size ?? 1}`);
const { link, perMessage } = await measurePair(mpi, 1 - mpi.rank, ROUNDS);
if (mpi.rank === 0) console.log(JSON.stringify({ source: mpi.library, memory: link, perMessage, addPerFloat: 4 * timeOfAdding(mpi) }));
mpi.finalize();

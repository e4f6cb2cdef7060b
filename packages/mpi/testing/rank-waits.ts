/** One rank of a job that does not end, for tests: rank 0 leaves, rank 1 waits. */
import { joinMpi } from '../src/mpi.ts';

const mpi = joinMpi();
if (mpi?.rank === 0) mpi.finalize();
else setInterval(() => {}, 1000);

/** Run by mpiexec on two ranks: rank 0 prints the times of messages between them as JSON. */
import { PART } from '@unroll/mpi/chain-sum.ts';
import { joinMpi } from '@unroll/mpi/mpi.ts';

const WARM_UP = 50;
const ROUNDS = 200;
const TAG = 77;

const mpi = joinMpi();
if (mpi?.size !== 2) throw new Error(`rank-probe: expected 2 ranks, got ${mpi?.size ?? 1}`);
const { rank, send, receive } = mpi;

/** Messages of a gradient are not in the processor's caches. */
const memory = new ArrayBuffer(2 ** 26);
new Uint8Array(memory).fill(1);

/** Seconds of a message to the other rank and back, halved. */
async function messageTime(bytes: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    const message = new Uint8Array(memory, (i * bytes) % (memory.byteLength - bytes), bytes);
    const started = performance.now();
    if (rank === 0) await send(message, 1, TAG);
    await receive(message, 1 - rank, TAG);
    if (rank === 1) await send(message, 0, TAG);
    times.push((performance.now() - started) / 2000);
  }
  return typical(times.slice(WARM_UP));
}

function addTime(): number {
  const [addend, total] = [new Float32Array(PART).fill(1), new Float32Array(PART)];
  const times = Array.from({ length: WARM_UP + ROUNDS }, () => {
    const started = performance.now();
    mpi?.add(addend, total);
    return (performance.now() - started) / 1000;
  });
  return typical(times.slice(WARM_UP));
}

/** The lower quartile: other programs only delay messages. */
const typical = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 2] as number;

const latency = await messageTime(8);
const part = await messageTime(4 * PART);
const secondsPerByte = Math.max(0, part - latency) / (4 * PART);
if (rank === 0) {
  console.log(JSON.stringify({ source: mpi.library, memory: { latency, secondsPerByte }, addPerFloat: addTime() / PART }));
}
mpi.finalize();

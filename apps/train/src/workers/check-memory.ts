import type { EngineName } from '@unroll/backend/engine.ts';
import type { ThreadCounts } from './threads.ts';

const MB = 2 ** 20;

/**
 * Memory of a process and of each thread beyond the run's arrays. Measured as peak resident memory of `unroll train sentiment`: on wasm
 * 284, 323 and 438 MB with 1, 2 and 4 workers; on tensorflow, on a CPU, 956 and 963 MB with 1 and 4.
 */
const PROCESS_BYTES = 230 * MB;
const THREAD_BYTES: Record<EngineName, Record<keyof ThreadCounts, number>> = {
  wasm: { computing: 60 * MB, reducing: 10 * MB },
  tensorflow: { computing: 730 * MB, reducing: 10 * MB },
};

/**
 * @param runBytes of the run's arrays, as bytesOfRun counts them.
 * @param available bytes that this process may still take, as process.availableMemory() gives them (container limits included).
 * @throws an error that says how many workers fit.
 */
export function checkMemory(engine: EngineName, threads: ThreadCounts, runBytes: number, available: number): void {
  const bytes = THREAD_BYTES[engine];
  const own = PROCESS_BYTES + runBytes;
  const needed = own + threads.computing * bytes.computing + threads.reducing * bytes.reducing;
  if (needed <= available) return;
  const workers = threads.computing + threads.reducing;
  throw new Error(
    `too little memory: ${workers} ${workers === 1 ? 'worker needs' : 'workers need'} about ${megabytes(needed)} on the ${engine} engine, ` +
      `${megabytes(available)} are available. ${adviceFor(engine, available - own)}`,
  );
}

/** @param left bytes for threads. */
function adviceFor(engine: EngineName, left: number): string {
  const onWasm = Math.floor(left / THREAD_BYTES.wasm.computing);
  if (onWasm < 1) return 'Free some memory: not even one worker fits.';
  return engine === 'wasm' ? `Pass --workers ${onWasm}.` : `Free some memory, or pass --engine wasm --workers ${onWasm}.`;
}

const megabytes = (bytes: number) => `${Math.max(0, Math.round(bytes / MB)).toLocaleString('en')} MB`;

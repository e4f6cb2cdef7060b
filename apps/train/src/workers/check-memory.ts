/**
 * Memory of a process and of each worker beyond the run's arrays. Measured as peak resident memory of
 * `unroll train sentiment --epochs 3`: 284, 323 and 438 MB with 1, 2 and 4 workers.
 */
const PROCESS_BYTES = 230 * 2 ** 20;
const WORKER_BYTES = 60 * 2 ** 20;

/**
 * @param runBytes of the run's arrays, as bytesOfRun counts them.
 * @param available bytes that this process may still take, as process.availableMemory() gives them (container limits included).
 * @throws an error that says how many workers fit.
 */
export function checkMemory(workers: number, runBytes: number, available: number): void {
  const own = PROCESS_BYTES + runBytes;
  const needed = own + workers * WORKER_BYTES;
  if (needed <= available) return;
  const fit = Math.floor((available - own) / WORKER_BYTES);
  const advice = fit >= 1 ? `Pass --workers ${fit}.` : 'Free some memory: not even one worker fits.';
  throw new Error(
    `too little memory: ${workers} ${workers === 1 ? 'worker needs' : 'workers need'} about ${megabytes(needed)}, ` +
      `${megabytes(available)} are available. ${advice}`,
  );
}

const megabytes = (bytes: number) => `${Math.max(0, Math.round(bytes / 2 ** 20)).toLocaleString('en')} MB`;

/**
 * What training takes beyond its arrays. Measured as peak resident memory of `unroll train sentiment --epochs 3`:
 * 321, 417 and 611 MB with 1, 2 and 4 workers.
 */
const PROCESS_BYTES = 230 * 2 ** 20;
const WORKER_BYTES = 100 * 2 ** 20;

/**
 * @param available bytes this process may still take, as process.availableMemory() says (it knows of container limits).
 * @throws an error that says how many workers would fit.
 */
export function checkMemory(workers: number, parameters: number, shards: number, available: number): void {
  // Parameters, best parameters, two optimizer moments, and a gradient slot a shard.
  const own = PROCESS_BYTES + (4 + shards) * parameters * 4;
  const needed = own + workers * WORKER_BYTES;
  if (needed <= available) return;
  const fit = Math.floor((available - own) / WORKER_BYTES);
  const advice = fit >= 1 ? `Pass --workers ${fit}.` : 'Free some memory: not even one worker fits.';
  throw new Error(
    `too little memory: ${workers} workers need about ${megabytes(needed)}, ${megabytes(available)} are available. ${advice}`,
  );
}

const megabytes = (bytes: number) => `${Math.max(0, Math.round(bytes / 2 ** 20)).toLocaleString('en')} MB`;

/**
 * What training takes beyond its arrays. Measured as peak resident memory of `unroll train sentiment --epochs 3`:
 * 284, 323 and 438 MB with 1, 2 and 4 workers.
 */
const PROCESS_BYTES = 230 * 2 ** 20;
const WORKER_BYTES = 60 * 2 ** 20;

/**
 * @param available bytes this process may still take, as process.availableMemory() says (it knows of container limits).
 * @throws an error that says how many workers would fit.
 */
export function checkMemory(workers: number, parameters: number, shards: number, available: number): void {
  // Twice the parameters, two moments and their average; the best ones, two totals, and a gradient slot a shard.
  const own = PROCESS_BYTES + (2 * 4 + 3 + shards) * parameters * 4;
  const needed = own + workers * WORKER_BYTES;
  if (needed <= available) return;
  const fit = Math.floor((available - own) / WORKER_BYTES);
  const advice = fit >= 1 ? `Pass --workers ${fit}.` : 'Free some memory: not even one worker fits.';
  throw new Error(
    `too little memory: ${workers} workers need about ${megabytes(needed)}, ${megabytes(available)} are available. ${advice}`,
  );
}

const megabytes = (bytes: number) => `${Math.max(0, Math.round(bytes / 2 ** 20)).toLocaleString('en')} MB`;

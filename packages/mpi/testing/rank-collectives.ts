/** One rank of a job that checks every exchange, for tests: prints a line of JSON from rank 0. */
import { createHash } from 'node:crypto';
import { chainSum } from '../src/chain-sum.ts';
import { joinMpi } from '../src/mpi.ts';
import type { OrderedSum } from '../src/ordered-sum.ts';
import { inboxFloats, ownerSum } from '../src/owner-sum.ts';
import { createSumInOrder } from '../src/sum-in-order.ts';
import { broadcast, broadcastArray, foldInOrder, gather } from '../src/values.ts';

const mpi = joinMpi();
if (!mpi) throw new Error('started without a launcher');
const { rank, size } = mpi;
const shards = Number(process.argv[2]);
const length = Number(process.argv[3]);

/** Values whose float32 sum depends on the order of additions. */
const shard = (s: number) => Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i * 12.9898 + s * 78.233) * 10 ** ((i + s) % 9)));
const edge = (r: number) => Math.ceil((r * shards) / size);
const counts = Array.from({ length: size }, (_, r) => edge(r + 1) - edge(r));
const addends = Array.from({ length: counts[rank] as number }, (_, i) => {
  const shared = new Float32Array(new SharedArrayBuffer(length * 4));
  shared.set(shard(edge(rank) + i));
  return shared;
});

const total = new Float32Array(new SharedArrayBuffer(length * 4));
/** The sum as one process computes it. */
const alone = shard(0);
for (let s = 1; s < shards; s++) for (const [i, value] of shard(s).entries()) alone[i] = (alone[i] as number) + value;
const digestOf = (array: Float32Array) => createHash('sha256').update(new Uint8Array(array.buffer)).digest('hex');

let ticks = 0;
const ticking = setInterval(() => ticks++, 1);
const sumInOrder = createSumInOrder(mpi, { machines: counts.map(() => 0), cores: 2 });
const algorithms: ((sum: OrderedSum) => Promise<void>)[] = [
  (sum) => chainSum(mpi, sum, 65536),
  (sum) => chainSum(mpi, sum, 2048),
  (sum) => ownerSum(mpi, sum, 65536, new Float32Array(inboxFloats(rank, counts, 65536))),
  (sum) => ownerSum(mpi, sum, 5000, new Float32Array(inboxFloats(rank, counts, 5000))),
  sumInOrder,
];
const digests = new Set<string>();
for (const algorithm of algorithms) {
  for (let round = 0; round < 3; round++) {
    total.fill(Number.NaN);
    const finished = new Float32Array(length);
    await algorithm({ total, addends, counts, block: 8192, onPart: (a, b) => finished.set(total.subarray(a, b), a) });
    digests.add(digestOf(total)).add(digestOf(finished));
  }
}
const loss = await foldInOrder(mpi, [0.1, 0], ([sum = 0, flags = 0]) => [sum + 0.1 * (rank + 1), flags + 2 ** rank]);
const gathered = await gather(mpi, { rank, nan: Number.NaN, array: new Float32Array(rank) });
const everyone = await broadcast(mpi, rank === 0 ? { size, text: 'ä'.repeat(100_000) } : undefined);
const array = new Float32Array(new SharedArrayBuffer(4 * 3_000_000)).fill(rank === 0 ? 7 : 0);
await broadcastArray(mpi, array);
// A rank that waits leaves the event loop to timers.
if (rank === 1) await new Promise((resolve) => setTimeout(resolve, 300));
const before = ticks;
const late = await broadcast(mpi, await gather(mpi, rank === 1 ? 'late' : 'early'));
const waited = ticks - before;
clearInterval(ticking);
const results = await gather(mpi, {
  digests: [...digests],
  loss,
  text: everyone.text.length,
  array: array.every((x) => x === 7),
  late,
});
const facts = { size, library: mpi.library, waited, expected: digestOf(alone) };
if (results)
  console.log(JSON.stringify({ ...facts, results, gathered: gathered?.map((each) => [each.rank, String(each.nan), each.array.length]) }));
mpi.finalize();

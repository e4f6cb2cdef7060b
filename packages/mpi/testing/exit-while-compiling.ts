/**
 * A process that ends while V8's own threads compile and allocate, for tests. Usually they wait for the main thread then, with
 * --stress-concurrent-allocation and --max-old-space-size=64.
 */
import { exitAtOnce } from '../src/exit-at-once.ts';

exitAtOnce();
const sums = Array.from({ length: 60 }, (_, i) => new Function('a', `let s = ${i}; for (const x of a) s += x * ${i}; return { s, a };`));
const values = Array.from({ length: 40 }, (_, i) => i);
const kept: unknown[] = [];
for (const end = performance.now() + 200; performance.now() < end; ) for (const sum of sums) kept.push(sum(values));
process.stdout.write(`${kept.length > 0}`);
process.exit(3);

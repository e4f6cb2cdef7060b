import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A reproducible stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** The numbers 0 .. n-1 in random order (Fisher-Yates). */
  permutation(n: number): Int32Array;
}

/**
 * The random stream of a key. The same key gives the same numbers on any machine; different keys give unrelated numbers.
 * Example: `createRandom(seed, 'dropout', step, shard)`.
 */
export function createRandom(...key: (number | string)[]): Random {
  const generator = xoroshiro128plus(hash(key.join('/')));
  const uniform = () => uniformFloat32(generator);
  const integer = (n: number) => uniformInt(generator, 0, n - 1);
  return {
    uniform,
    integer,
    // Box-Muller; 1 - u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      return order;
    },
  };
}

/** FNV-1a over UTF-16 units, then MurmurHash3's finalizer, so that similar keys get unrelated hashes. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

import { parseOrThrow } from '@unroll/schema/check.ts';
import { ProblemError } from '../http/problem.ts';
import { modelIndex } from './model-index.ts';
import type { WritableStore } from './model-store.ts';

const fileOf = (name: string, digest: string) => `models/${name}/${digest}.safetensors`;
const INDEXES = 'index/';
const indexOf = (name: string) => `${INDEXES}${name}.json`;
const MAX_TRIES = 8;

/**
 * Models in an R2 bucket: immutable files models/{name}/{digest}.safetensors, and index/{name}.json, which is what makes them
 * visible and is changed only as it was read (by its etag).
 */
export function bucketStore(bucket: R2Bucket): WritableStore {
  const readIndex = async (name: string) => {
    const object = await bucket.get(indexOf(name));
    return object ? { index: parseOrThrow(modelIndex, await object.json(), indexOf(name)), etag: object.etag } : undefined;
  };
  return {
    builtIn: false,
    async list() {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await bucket.list({ prefix: INDEXES, ...(cursor !== undefined && { cursor }) });
        names.push(...page.objects.map(({ key }) => key.slice(INDEXES.length, -'.json'.length)));
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor !== undefined);
      const indexes = await Promise.all(names.map(readIndex));
      return indexes.flatMap((read) => read?.index ?? []);
    },
    index: async (name) => (await readIndex(name))?.index,
    async read(name, digest) {
      const object = await bucket.get(fileOf(name, digest));
      return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
    },
    async write(name, digest, bytes) {
      await bucket.put(fileOf(name, digest), bytes, { httpMetadata: { cacheControl: 'private, max-age=31536000, immutable' } });
    },
    async change(name, change) {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const before = await readIndex(name);
        const after = change(before?.index);
        if (!after) {
          await bucket.delete(indexOf(name));
          return undefined;
        }
        const onlyIf = before ? { etagMatches: before.etag } : new Headers({ 'if-none-match': '*' });
        if (await bucket.put(indexOf(name), JSON.stringify(after), { onlyIf })) return after;
      }
      throw new ProblemError('conflict', 'Others keep changing this model. Try again.');
    },
    async remove(name, digests) {
      if (digests.length) await bucket.delete(digests.map((digest) => fileOf(name, digest)));
    },
  };
}

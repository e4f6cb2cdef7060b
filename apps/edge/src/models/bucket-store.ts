import { parseOrThrow } from '@unroll/schema/check.ts';
import type { Bucket, BucketObject } from '../http/bucket.ts';
import { ProblemError } from '../http/problem.ts';
import { fileIn, filesOf, type ModelIndex, modelIndex, type StoredFile } from './model-index.ts';
import type { WritableStore } from './model-store.ts';

const INDEXES = 'index/';
const MAX_TRIES = 8;
/** Far longer than the time from a publish's upload to its index. */
const ABANDONED_MS = 60 * 60 * 1000;

const indexOf = (name: string) => `${INDEXES}${name}.json`;
const folderOf = (name: string) => `models/${name}/`;
const pathOf = (name: string, { digest, upload }: StoredFile) =>
  `${folderOf(name)}${upload === undefined ? '' : `${upload}/`}${digest}.safetensors`;

/**
 * Models in a bucket. Files are models/{name}/{upload}/{digest}.safetensors. Each upload has its own key, because R2 has no
 * conditional delete. index/{name}.json makes files visible. It is written only if it has not changed since it was read (by its etag).
 * A removed model leaves an index without versions.
 */
export function bucketStore(bucket: Bucket): WritableStore {
  const readIndex = async (name: string) => {
    const object = await bucket.get(indexOf(name));
    if (!object) return undefined;
    const index = parseOrThrow(modelIndex, await object.json(), indexOf(name));
    return { index: index.versions.length > 0 ? index : undefined, etag: object.etag };
  };
  const listAll = async (prefix: string) => {
    const objects: BucketObject[] = [];
    let cursor: string | undefined;
    do {
      const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
      objects.push(...page.objects);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    return objects;
  };
  return {
    builtIn: false,
    async list() {
      const objects = await listAll(INDEXES);
      const indexes = await Promise.all(objects.map(({ key }) => readIndex(key.slice(INDEXES.length, -'.json'.length))));
      return indexes.flatMap((read) => read?.index ?? []);
    },
    index: async (name) => (await readIndex(name))?.index,
    async read(index, digest) {
      const object = await bucket.get(pathOf(index.name, fileIn(index, digest)));
      return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
    },
    has: async (index, digest) => (await bucket.head(pathOf(index.name, fileIn(index, digest)))) !== null,
    async write(name, digest, bytes) {
      const upload = crypto.randomUUID();
      await bucket.put(pathOf(name, { digest, upload }), bytes, { httpMetadata: { cacheControl: 'private, max-age=31536000, immutable' } });
      return upload;
    },
    async change(name, change) {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const before = await readIndex(name);
        const after = change(before?.index);
        const onlyIf = before ? { etagMatches: before.etag } : new Headers({ 'if-none-match': '*' });
        const written: ModelIndex = after ?? { name, versions: [], aliases: {} };
        if (await bucket.put(indexOf(name), JSON.stringify(written), { onlyIf })) return after;
      }
      throw new ProblemError('conflict', 'Other requests changed this model at the same time. Try again.');
    },
    async remove(name, files) {
      if (files.length) await bucket.delete(files.map((file) => pathOf(name, file)));
    },
    async sweep(name) {
      const objects = await listAll(folderOf(name));
      const old = objects.filter(({ uploaded }) => Date.now() - uploaded.getTime() > ABANDONED_MS);
      if (old.length === 0) return;
      // Read after the list: a file that is published in between is younger than an hour.
      const index = (await readIndex(name))?.index;
      const named = new Set(index && filesOf(index).map((file) => pathOf(name, file)));
      const abandoned = old.map(({ key }) => key).filter((key) => !named.has(key));
      if (abandoned.length) await bucket.delete(abandoned);
    },
  };
}

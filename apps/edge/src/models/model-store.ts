import { parseOrThrow } from '@unroll/schema/check.ts';
import * as v from 'valibot';
import { ProblemError } from '../http/problem.ts';
import { type ModelIndex, modelIndex } from './model-index.ts';

/** Where model files and what is known of them lie. */
export interface ModelStore {
  readonly builtIn: boolean;
  list(): Promise<ModelIndex[]>;
  index(name: string): Promise<ModelIndex | undefined>;
  /** A version's file. */
  read(name: string, digest: string): Promise<Uint8Array | undefined>;
}

/** A store that can be published to. */
export interface WritableStore extends ModelStore {
  write(name: string, digest: string, bytes: Uint8Array): Promise<void>;
  /** Changes an index as if nobody else were changing it; undefined removes it. @throws 'conflict' if others never let it. */
  change(name: string, change: (index: ModelIndex | undefined) => ModelIndex | undefined): Promise<ModelIndex | undefined>;
  /** Removes files that no index names. */
  remove(name: string, digests: readonly string[]): Promise<void>;
}

/** The largest model file: well within a Worker's 128 MB once loaded. */
export const MAX_MODEL_BYTES = 25 * 1024 * 1024;

const fileOf = (name: string, digest: string) => `models/${name}/${digest}.safetensors`;

/** Models among the static assets of the deployment: models/index.json and models/{name}/{digest}.safetensors. */
export function assetStore(assets: Fetcher): ModelStore {
  const fetchAsset = (path: string) => assets.fetch(new Request(`https://assets.invalid/${path}`));
  const list = async () => {
    const response = await fetchAsset('models/index.json');
    return response.ok ? parseOrThrow(v.array(modelIndex), await response.json(), 'models/index.json') : [];
  };
  return {
    builtIn: true,
    list,
    index: async (name) => (await list()).find((index) => index.name === name),
    async read(name, digest) {
      const response = await fetchAsset(fileOf(name, digest));
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    },
  };
}

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

import { ProblemError } from '../http/problem.ts';
import { type ModelIndex, resolve, type Version } from './model-index.ts';
import type { ModelStore, WritableStore } from './model-store.ts';
import { withinTime } from './within-time.ts';

/** A version that can be loaded. */
export interface ModelSource {
  name: string;
  version: Version;
  read(): Promise<Uint8Array | undefined>;
}

/** The models served: published ones, and built-in ones with other names. */
export interface ModelCatalog {
  list(): Promise<{ index: ModelIndex; builtIn: boolean }[]>;
  /** @throws 'model-not-found' */
  index(name: string): Promise<ModelIndex>;
  /** @param reference name, name@alias or name@digest. @throws 'model-not-found' */
  find(reference: string): Promise<ModelSource>;
  /** The store to publish to. @throws 'not-configured' */
  writable(): WritableStore;
}

/** How long an isolate caches an index. For this long after a rollback it may still answer with the old version. */
export const INDEX_SECONDS = 10;

/** Indexes that this isolate has read, by name. It holds no promises, because a request that ends cancels the I/O it began. */
export type IndexCache = Map<string, { index: ModelIndex; store: ModelStore; until: number }>;

export function createCatalog(bucket: WritableStore | undefined, builtIn: ModelStore, cache: IndexCache, now: () => number): ModelCatalog {
  const stores: readonly ModelStore[] = bucket ? [bucket, builtIn] : [builtIn];

  async function lookUp(name: string) {
    for (const store of stores) {
      const index = await store.index(name);
      if (index) return { index, store };
    }
    return undefined;
  }

  async function known(name: string) {
    const cached = cache.get(name);
    if (cached && cached.until > now()) return cached;
    const found = await withinTime(lookUp(name));
    // A missing model is not cached: it may be published at any time.
    if (found) cache.set(name, { ...found, until: now() + INDEX_SECONDS * 1000 });
    else cache.delete(name);
    return found;
  }

  return {
    async list() {
      const all = await Promise.all(stores.map(async (store) => ({ store, indexes: await store.list() })));
      const seen = new Set<string>();
      return all
        .flatMap(({ store, indexes }) => indexes.map((index) => ({ index, builtIn: store.builtIn })))
        .filter(({ index: { name } }) => !seen.has(name) && seen.add(name))
        .sort((a, b) => (a.index.name < b.index.name ? -1 : 1));
    },
    async index(name) {
      const found = await known(name);
      if (!found) throw absent();
      return found.index;
    },
    async find(reference) {
      const [name = '', which] = reference.split('@');
      const found = await known(name);
      const version = found && resolve(found.index, which);
      if (!version) throw absent();
      const read = async () => {
        const bytes = await found.store.read(found.index, version.digest);
        if (bytes) return bytes;
        // The version may have been deleted and published again since its index was read.
        cache.delete(name);
        const again = await known(name);
        return again?.store.read(again.index, version.digest);
      };
      return { name, version, read };
    },
    writable() {
      if (!bucket) throw new ProblemError('not-configured', 'This deployment has no bucket to publish to: bind MODELS.');
      return {
        ...bucket,
        async change(name, change) {
          try {
            return await bucket.change(name, change);
          } finally {
            cache.delete(name);
          }
        },
      };
    },
  };
}

const absent = () => new ProblemError('model-not-found', 'There is no such model or version. GET /v1/models lists all models.');

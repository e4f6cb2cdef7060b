import type { ModelIndex } from './model-index.ts';

/** Where model files and their indexes lie. */
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

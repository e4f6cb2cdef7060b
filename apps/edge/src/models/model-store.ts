import type { ModelIndex, StoredFile } from './model-index.ts';

/** The storage of model files and their indexes. */
export interface ModelStore {
  readonly builtIn: boolean;
  list(): Promise<ModelIndex[]>;
  index(name: string): Promise<ModelIndex | undefined>;
  /** The file of a version that an index names. */
  read(index: ModelIndex, digest: string): Promise<Uint8Array | undefined>;
}

/** A store that can be published to. */
export interface WritableStore extends ModelStore {
  /**
   * Stores a file under its own key, so that removing it cannot remove another publish's file.
   * @returns the upload: an index must name it.
   */
  write(name: string, digest: string, bytes: Uint8Array): Promise<string>;
  /** Changes an index atomically; undefined removes it. `change` runs again for each retry. @throws 'conflict' if every retry meets another change. */
  change(name: string, change: (index: ModelIndex | undefined) => ModelIndex | undefined): Promise<ModelIndex | undefined>;
  /** Whether the file of a version that an index names is there. */
  has(index: ModelIndex, digest: string): Promise<boolean>;
  /** Removes files that are no longer in an index. */
  remove(name: string, files: readonly StoredFile[]): Promise<void>;
  /** Removes the files of publishes that died: those older than an hour that no index names. */
  sweep(name: string): Promise<void>;
}

/** The largest model file: well within a Worker's 128 MB once loaded. */
export const MAX_MODEL_BYTES = 25 * 1024 * 1024;

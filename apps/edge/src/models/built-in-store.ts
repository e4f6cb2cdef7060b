import type { ModelIndex } from './model-index.ts';
import type { ModelStore } from './model-store.ts';

/** A model file that is part of the Worker's bundle. */
export interface BuiltInModel {
  /** An index with one version. */
  index: ModelIndex;
  /** Imports the file, as a data module. */
  file(): Promise<{ default: ArrayBuffer }>;
}

/** Models in the bundle. They are not static assets, because those are public. */
export function builtInStore(models: readonly BuiltInModel[]): ModelStore {
  return {
    builtIn: true,
    list: async () => models.map(({ index }) => index),
    index: async (name) => models.find(({ index }) => index.name === name)?.index,
    async read({ name }, digest) {
      const model = models.find(({ index }) => index.name === name && index.versions.some((version) => version.digest === digest));
      // Not a copy: the isolate keeps these bytes anyway.
      return model && new Uint8Array((await model.file()).default);
    },
  };
}

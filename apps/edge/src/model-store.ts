import { z } from 'zod';

/** Where model files lie. */
export interface ModelStore {
  /** Names of the models there are, sorted. */
  list(): Promise<string[]>;
  /** A model's file, or undefined if there is none of that name. */
  get(name: string): Promise<Uint8Array | undefined>;
}

const SUFFIX = '.safetensors';
const PREFIX = 'models/';

/** The largest file that is read: well within a Worker's 128 MB of memory after dequantization. */
const MAX_MODEL_BYTES = 25 * 1024 * 1024;

/** Models among the static assets of the deployment: models/index.json (an array of names) and models/{name}.safetensors. */
export function assetStore(assets: Fetcher): ModelStore {
  const fetchAsset = (path: string) => assets.fetch(new Request(`https://assets.invalid/${PREFIX}${path}`));
  const list = async () => {
    const response = await fetchAsset('index.json');
    return response.ok ? z.array(z.string()).parse(await response.json()) : [];
  };
  return {
    list,
    async get(name) {
      // Only listed names: the assets' own fallback page must never be taken for a model.
      if (!(await list()).includes(name)) return undefined;
      const response = await fetchAsset(name + SUFFIX);
      return response.ok ? checkSize(name, new Uint8Array(await response.arrayBuffer())) : undefined;
    },
  };
}

/** Models in an R2 bucket under models/{name}.safetensors. */
export function bucketStore(bucket: R2Bucket): ModelStore {
  return {
    async list() {
      const { objects } = await bucket.list({ prefix: PREFIX });
      const files = objects.map(({ key }) => key.slice(PREFIX.length)).filter((file) => file.endsWith(SUFFIX));
      return files.map((file) => file.slice(0, -SUFFIX.length)).sort();
    },
    async get(name) {
      const object = await bucket.get(PREFIX + name + SUFFIX);
      return object ? checkSize(name, new Uint8Array(await object.arrayBuffer())) : undefined;
    },
  };
}

function checkSize(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_MODEL_BYTES) {
    throw new Error(`model '${name}' takes ${bytes.length} bytes, over the limit of ${MAX_MODEL_BYTES} for one Worker`);
  }
  return bytes;
}

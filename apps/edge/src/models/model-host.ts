import { type Artifact, decodeArtifact } from '@unroll/artifact/artifact.ts';
import { type Generator, generatorOf } from '@unroll/model/generator.ts';
import { type Predictor, predictorOf } from '@unroll/model/predictor.ts';
import { createRunner } from '@unroll/model/runner.ts';
import { ProblemError } from '../http/problem.ts';
import type { Telemetry } from '../http/telemetry.ts';
import { withinTime } from './within-time.ts';

/** A model loaded into this isolate. */
export interface HostedModel {
  digest: string;
  about: Pick<Artifact, 'createdAt' | 'metrics'>;
  weights: { parameters: number; bytes: number; dtype: 'int8' | 'float32' };
  predictor: Predictor;
  /** Of language models. */
  generator?: Generator;
}

/** Keeps models loaded, the latest used up to a number of bytes. */
export interface ModelHost {
  /** Starts the kernels. */
  start(): Promise<void>;
  /**
   * Does work with a model, loading it first if it is not loaded; all who come while it loads wait for the one load. The model
   * stays until the work is done.
   * @param keepAlive is told of a load, which must outlive the request that began it: others may wait for it.
   */
  use<T>(
    source: { digest: string; read(): Promise<Uint8Array | undefined> },
    capacity: number,
    work: (model: HostedModel) => T | Promise<T>,
    keepAlive: (load: Promise<unknown>) => void,
  ): Promise<T>;
}

interface Entry {
  loading: Promise<HostedModel>;
  /** 0 until it is loaded. */
  bytes: number;
  /** Requests that work with it. */
  users: number;
}

/** @param startBackend starts the tensor backend; called once, before the first model is loaded. */
export function createModelHost(startBackend: () => Promise<void>, telemetry: Telemetry): ModelHost {
  let backend: Promise<void> | undefined;
  /** By digest, the one used longest ago first. */
  const entries = new Map<string, Entry>();

  function start() {
    backend ??= startBackend().catch((error) => {
      backend = undefined;
      throw error;
    });
    return backend;
  }

  async function load(read: () => Promise<Uint8Array | undefined>): Promise<HostedModel> {
    const [bytes] = await Promise.all([read(), start()]);
    if (!bytes) throw new ProblemError('model-not-found', 'The file of that version is gone.');
    telemetry.count('models_loaded');
    return hostModel(bytes);
  }

  function begin(digest: string, read: () => Promise<Uint8Array | undefined>, keepAlive: (load: Promise<unknown>) => void): Entry {
    const entry: Entry = { loading: load(read), bytes: 0, users: 0 };
    entries.set(digest, entry);
    const settled = entry.loading.then(
      ({ weights }) => {
        entry.bytes = weights.bytes;
      },
      () => entries.delete(digest),
    );
    keepAlive(settled);
    return entry;
  }

  function evict(capacity: number) {
    let total = [...entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [digest, entry] of entries) {
      if (total <= capacity) return;
      if (entry.users > 0 || entry.bytes === 0) continue;
      entries.delete(digest);
      total -= entry.bytes;
      telemetry.count('models_evicted');
      entry.loading.then(({ predictor }) => predictor.dispose());
    }
  }

  return {
    start,
    async use({ digest, read }, capacity, work, keepAlive) {
      const entry = entries.get(digest) ?? begin(digest, read, keepAlive);
      entry.users++;
      try {
        const model = entry.bytes > 0 ? await entry.loading : await withinTime(entry.loading);
        entries.delete(digest);
        entries.set(digest, entry);
        evict(capacity);
        return await work(model);
      } finally {
        entry.users--;
      }
    },
  };
}

/** A model file as something to ask. @throws if anything in it does not fit. */
export async function hostModel(bytes: Uint8Array): Promise<HostedModel> {
  const artifact = await decodeArtifact(bytes);
  const { createdAt, metrics } = artifact;
  const runner = createRunner(artifact);
  const weights = Object.values(artifact.weights);
  return {
    digest: artifact.digest,
    // Not the artifact itself: its weights are on the backend's heap now.
    about: { createdAt, metrics },
    weights: {
      parameters: weights.reduce((sum, { values }) => sum + values.length, 0),
      bytes: bytes.length,
      dtype: weights.some(({ dtype }) => dtype === 'int8') ? 'int8' : 'float32',
    },
    predictor: predictorOf(runner),
    ...(runner.task.type === 'generate' && runner.tokenizer && { generator: generatorOf(runner) }),
  };
}

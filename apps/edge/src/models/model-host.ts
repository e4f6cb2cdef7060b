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
  /** Only for models that generate text. */
  generator?: Generator;
}

/** Keeps the most recently used models loaded, up to a number of bytes. */
export interface ModelHost {
  /** Starts the kernels. */
  start(): Promise<void>;
  /**
   * Runs `work` with a model, which stays loaded until the work is done. Requests that arrive while the model loads wait for the same load.
   * @param keepAlive receives the load. It must outlive the request that began it, because others may wait for it.
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
  /** 0 until the model is loaded. */
  bytes: number;
  /** Requests that use the model now. */
  users: number;
}

/** @param startBackend starts the tensor backend; called once, before the first model is loaded. */
export function createModelHost(startBackend: () => Promise<void>, telemetry: Telemetry): ModelHost {
  let backend: Promise<void> | undefined;
  /** By digest, the least recently used first. */
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
    if (!bytes) throw new ProblemError('model-not-found', 'The file of this version is gone. Publish it again.');
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

/** Loads a model file. @throws an error that says what is wrong with it. */
export async function hostModel(bytes: Uint8Array): Promise<HostedModel> {
  const artifact = await decodeArtifact(bytes);
  const { createdAt, metrics } = artifact;
  const runner = createRunner(artifact);
  const weights = Object.values(artifact.weights);
  return {
    digest: artifact.digest,
    // Not the artifact itself, or its weights would stay in memory: the backend has copied them.
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

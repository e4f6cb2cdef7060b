import { type Artifact, decodeArtifact } from '@unroll/artifact/artifact.ts';
import { createPredictor, type Predictor } from '@unroll/model/predictor.ts';
import type { ModelStore } from './model-store.ts';

/** A model loaded into this isolate. */
export interface HostedModel {
  name: string;
  digest: string;
  createdAt: string;
  metrics: Artifact['metrics'];
  labels: readonly string[];
  weights: { parameters: number; bytes: number; dtype: 'int8' | 'float32' };
  predictor: Predictor;
}

/** Loads models on first use and keeps them; requests that come while one is loading wait for the same load. */
export interface ModelHost {
  get(store: ModelStore, name: string): Promise<HostedModel | undefined>;
}

/** @param startBackend starts the tensor backend; called once. */
export function createModelHost(startBackend: () => Promise<void>): ModelHost {
  let backend: Promise<void> | undefined;
  const models = new Map<string, Promise<HostedModel | undefined>>();

  async function load(store: ModelStore, name: string): Promise<HostedModel | undefined> {
    const bytes = await store.get(name);
    if (!bytes) return undefined;
    backend ??= startBackend();
    await backend;
    const artifact = await decodeArtifact(bytes);
    const predictor = createPredictor(artifact);
    const weights = Object.values(artifact.weights);
    return {
      name,
      digest: artifact.digest,
      createdAt: artifact.createdAt,
      metrics: artifact.metrics,
      labels: predictor.labels,
      weights: {
        parameters: weights.reduce((sum, { values }) => sum + values.length, 0),
        bytes: bytes.length,
        dtype: weights.some(({ dtype }) => dtype === 'int8') ? 'int8' : 'float32',
      },
      predictor,
    };
  }

  return {
    async get(store, name) {
      const known = models.get(name);
      if (known) return known;
      const loading = load(store, name);
      models.set(name, loading);
      try {
        const model = await loading;
        // What is not there now may be published later.
        if (!model) models.delete(name);
        return model;
      } catch (error) {
        models.delete(name);
        throw error;
      }
    },
  };
}

import * as tf from '@tensorflow/tfjs-core';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import type { ActivationBits } from '@unroll/model/int8-tensors.ts';
import { loadModel } from '@unroll/model/load-model.ts';
import type { State } from '@unroll/model/model.ts';
import { servingParams } from '@unroll/model/runner.ts';
import { taskOf } from '@unroll/model/tasks/registry.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Rows } from '../plan/rows.ts';
import { scoringWindows, sortedParts } from '../plan/scoring.ts';
import type { Scores } from '../training/evaluate.ts';
import { batchTensors } from '../workers/batch.ts';
import { gatherRows, joined } from '../workers/gather-rows.ts';
import { scoreTranslations } from './score-translations.ts';
import { asWritten, translateSources } from './translate-samples.ts';

/** The artifact with its own scores on the test samples as its metrics. */
export function withTestScores(artifact: Artifact, prepared: Prepared): Artifact {
  const { test } = prepared.data.split;
  return { ...artifact, metrics: { ...scoreArtifact(artifact, prepared, test), ...scoreAnswers(artifact, prepared, test) } };
}

/** Scores of whole answers, if the task searches for them. */
function scoreAnswers(artifact: Artifact, { data }: Prepared, samples: Int32Array): Record<string, number> {
  if (data.type !== 'pairs') return {};
  const write = asWritten(data.targetTokenizer);
  const texts = translateSources(artifact, data, samples).map(({ text }) => text);
  return scoreTranslations(
    texts,
    Array.from(samples, (sample) => write(data.pairs[sample]?.target as string)),
  );
}

/** Scores a model on samples of a recipe as in serving: int8 weights stay int8. Runs in this thread. */
export function scoreArtifact(
  artifact: Artifact,
  prepared: Pick<Prepared, 'sequences' | 'recipe' | 'gathered'>,
  samples: Int32Array,
  {
    activationBits = artifact.quantization?.activationBits ?? 14,
  }: { activationBits?: ActivationBits | Readonly<Record<string, ActivationBits>> } = {},
): Scores {
  const { model, weights } = loadModel(artifact);
  const task = taskOf(model);
  const params = servingParams(model, weights, activationBits);
  let state: State = {};
  const sums = { loss: 0, count: 0, scores: {} as Record<string, number> };
  const { gatherers, metrics } = prepared.gathered;
  const gathered: Record<string, Float32Array>[] = [];

  function add(rows: Rows): void {
    tf.tidy(() => {
      const batch = batchTensors(prepared.sequences, rows, { model, per: task.targets });
      const { inputs, targets, count } = batch;
      const streams = 'state' in rows;
      const result = model.apply(params, inputs, streams ? { state } : {});
      const next = Object.fromEntries(Object.entries(result.state).map(([name, parts]) => [name, parts.map((part) => tf.keep(part))]));
      tf.dispose(state);
      state = next;
      const { outputs, mask } = result;
      const total = (values: tf.Tensor1D) => (tf.sum(values).dataSync() as Float32Array)[0] as number;
      sums.loss += total(task.losses({ outputs, mask, targets, params }));
      sums.count += count;
      // Metrics read calibrated outputs; the loss reads uncalibrated ones, as in training.
      const read = task.type === 'forecast' && task.spec.calibration ? task.activate(outputs) : outputs;
      gathered.push(gatherRows(gatherers, () => task.activate(outputs), batch));
      for (const [name, values] of Object.entries(task.scores({ outputs: read, mask, targets, params })))
        sums.scores[name] = (sums.scores[name] ?? 0) + total(values);
    });
  }

  if (prepared.recipe.training.bpttSteps === undefined) {
    for (const part of sortedParts(prepared, samples)) add({ samples: part });
  } else {
    for (const sample of samples) {
      tf.dispose(state);
      state = {};
      for (const [rows] of scoringWindows(prepared, sample, 1)) add(rows as Rows);
    }
  }
  tf.dispose([params, state]);
  const means = Object.fromEntries(Object.entries(sums.scores).map(([name, sum]) => [name, sum / sums.count]));
  const loss = sums.loss / sums.count;
  const others = Object.entries(metrics).map(([name, { from, value }]) => [
    name,
    value(joined(gathered.map((rows) => rows[from] as Float32Array))),
  ]);
  return { loss, ...task.metrics(loss, means), ...Object.fromEntries(others) };
}

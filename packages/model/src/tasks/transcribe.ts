import * as tf from '@tensorflow/tfjs-core';
import { ctcLoss, framesNeeded } from '@unroll/ops/ctc-op.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { prefixBeamSearch } from '../decoding/ctc-beam.ts';
import { greedyCtc } from '../decoding/ctc-greedy.ts';
import type { Shape } from '../layers/layer.ts';
import { editDistance } from '../metrics/edit-distance.ts';
import type { BatchScoring, ScoredBatch } from './batch-scoring.ts';
import { percent } from './metrics.ts';
import { refuseClassOptions, type WholeTask } from './task.ts';

export const transcribeSpec = v.strictObject({
  type: v.literal('transcribe'),
  /** What a label stands for: characters, pieces or words. */
  labels: v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(1)),
  /** The unit that stands for no label. Left out: the last one, after those of the labels, as in Keras; PyTorch's is 0. */
  blank: v.exactOptional(v.pipe(int, v.minValue(0))),
  /** Between labels in the text: '' for characters, ' ' for words. */
  separator: v.optional(v.string(), ''),
});
export type TranscribeSpec = v.InferOutput<typeof transcribeSpec>;

const candidate = v.strictObject({
  text: v.string(),
  /** log P(text | input); of a greedy answer that of its best path. */
  logProbability: finite,
});

export const transcription = v.strictObject({
  ...candidate.entries,
  /** Other texts, the best first; on request. */
  alternatives: v.exactOptional(v.array(candidate)),
});
export type Transcription = v.InferOutput<typeof transcription>;

export interface TranscribeTask extends WholeTask<Transcription>, BatchScoring {
  readonly type: 'transcribe';
  readonly spec: TranscribeSpec;
}

/**
 * Labels of a sequence without their places in it, by connectionist temporal classification on the outputs [B, T, labels + 1] (Graves et
 * al., 2006). The target of a sample is its list of labels.
 * @throws if the model's output is not a sequence with a unit for each label and the blank.
 */
export function transcribe(spec: TranscribeSpec, output: Shape): TranscribeTask {
  const { labels, separator } = spec;
  const units = labels.length + 1;
  const blank = spec.blank ?? labels.length;
  if (blank >= units) throw new Error(`task 'transcribe': expected a blank below ${units}, the labels and itself, got ${blank}`);
  if (output.kind !== 'sequence' || output.features !== units) {
    const got = output.kind === 'ids' ? 'ids' : `a ${output.kind} of ${output.features}`;
    throw new Error(
      `task 'transcribe': expected the last layer to give a sequence of ${units} units, the labels and the blank, got ${got}`,
    );
  }
  /** The labels of units, without the blank. */
  const textOf = (found: readonly number[]) => found.map((unit) => labels[unit < blank ? unit : unit - 1] as string).join(separator);
  /** The unit of a target's label. */
  const unitOf = (label: number) => (label < blank ? label : label + 1);
  const losses = ({ outputs, mask, targets }: ScoredBatch): tf.Tensor1D => {
    const [B] = outputs.shape as [number];
    const { losses: perRow } = ctcLoss(
      {
        logits: outputs as tf.Tensor3D,
        frames: tf.tensor1d(framesOf(outputs, mask), 'int32'),
        targets: tf.tensor2d(Int32Array.from(targets.values.dataSync(), unitOf), [B, targets.values.shape[1] as number], 'int32'),
        targetLengths: tf.tensor1d(targets.lengths as Int32Array, 'int32'),
      },
      { blank, zeroInfinity: true },
    );
    return perRow;
  };
  return {
    type: 'transcribe',
    spec,
    targets: 'sequence',
    targetWidth: 1,
    losses,
    trainingLosses(options) {
      refuseClassOptions('transcribe', options);
      return losses;
    },
    refuses(target, steps) {
      const needed = framesNeeded(target);
      return needed > steps ? `${target.length} labels need ${needed} steps of output, its input gives ${steps}` : undefined;
    },
    activate: (logits) => tf.logSoftmax(logits),
    scores({ outputs, mask, targets }) {
      const [B, T] = outputs.shape as [number, number];
      const [values, frames, truth] = [outputs.dataSync(), framesOf(outputs, mask), targets.values.dataSync()];
      const longest = targets.values.shape[1] as number;
      const edits = new Float32Array(B);
      const exact = new Float32Array(B);
      for (let b = 0; b < B; b++) {
        const row = values.subarray(b * T * units, (b * T + (frames[b] as number)) * units);
        const length = targets.lengths?.[b] as number;
        const wanted = Array.from(truth.subarray(b * longest, b * longest + length), unitOf);
        // A row that is not finite spells nothing.
        const found = row.every(Number.isFinite) ? greedyCtc(row, units, blank) : [];
        edits[b] = editDistance(wanted, found);
        exact[b] = Number(edits[b] === 0);
      }
      const counts = Float32Array.from(targets.lengths as Int32Array);
      return { edits: tf.tensor1d(edits), labels: tf.tensor1d(counts), exact: tf.tensor1d(exact) };
    },
    metrics: (_, { edits = Number.NaN, labels: count = Number.NaN, exact = Number.NaN }) => ({ labelErrorRate: edits / count, exact }),
    metricInfo: {
      labelErrorRate: { better: 'lower', format: percent },
      exact: { better: 'higher', format: percent },
    },
    answers: 'whole',
    decodeWhole(outputs, { beam = 1, nBest = 1 } = {}) {
      if (beam === 1) {
        const best = Array.from({ length: outputs.length / units }, (_, t) => Math.max(...outputs.subarray(t * units, (t + 1) * units)));
        return { text: textOf(greedyCtc(outputs, units, blank)), logProbability: best.reduce((sum, value) => sum + value, 0) };
      }
      const [first, ...others] = prefixBeamSearch(outputs, units, { blank, beamWidth: beam, nBest }).map(
        ({ labels: found, logProbability }) => ({
          text: textOf(found),
          logProbability,
        }),
      );
      return { ...(first as Transcription), ...(nBest > 1 && { alternatives: others }) };
    },
    predictionSchema: transcription,
  };
}

/** The real frames of each row: those before its padding. */
function framesOf(outputs: tf.Tensor, mask: tf.Tensor2D | undefined): Int32Array {
  const [B, T] = outputs.shape as [number, number];
  return mask ? Int32Array.from(tf.sum(tf.cast(mask, 'int32'), 1).dataSync()) : new Int32Array(B).fill(T);
}

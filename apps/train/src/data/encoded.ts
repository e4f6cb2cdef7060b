import { createRandom } from '@unroll/model/random.ts';
import { readLimit } from '@unroll/model/readers/read-limit.ts';
import { onlyInputOf } from '@unroll/model/spec.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import { cutWarning, nothingKnown, type PreparedData, plainForecast, plainRegress, splitInOrder, splitSummary } from './prepared-data.ts';
import { startsOf, toShared } from './sequences.ts';

/** Sequences of ids or numbers; the first ones are for training. @throws an error that names the wrong sequence or value. */
export function prepareEncoded(data: Extract<DataSpec, { type: 'encoded' }>, seed: number): PreparedData {
  const loaded = data.load(createRandom(seed, 'data'));
  const { name, inputs, features, lengths, targets, targetsOf, targetWidth, targetLengths, source } = loaded;
  const steps = lengths.reduce((sum, length) => sum + length, 0);
  if (inputs.length !== steps * Math.max(1, features)) {
    throw new Error(`data set '${name}': ${steps} steps need ${steps * Math.max(1, features)} inputs, there are ${inputs.length}`);
  }
  if ((targetsOf === 'sequence') !== (targetLengths !== undefined) || (targetLengths && targetLengths.length !== lengths.length)) {
    throw new Error(
      `data set '${name}': expected targetLengths for each of ${lengths.length} sequences where targetsOf is 'sequence', and none elsewhere; ` +
        `got ${targetLengths ? targetLengths.length : 'none'} where it is '${targetsOf}'`,
    );
  }
  const labels = targetLengths?.reduce((sum, length) => sum + length, 0) ?? 0;
  const rows = targetsOf === 'sequence' ? labels : targetsOf === 'sample' ? lengths.length : steps;
  if (targets.length !== rows * targetWidth) {
    throw new Error(`data set '${name}': ${rows} rows need ${rows * targetWidth} targets, there are ${targets.length}`);
  }
  const empty = lengths.indexOf(0);
  if (empty >= 0) throw new Error(`data set '${name}': sequence ${empty} has no step; expected at least one`);
  const bad = inputs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`data set '${name}': input ${bad} is ${inputs[bad]}; expected a number`);
  const split = splitInOrder(lengths.length, data, 'sequences');
  const vocabularySize = features === 0 ? (inputs as Int32Array).reduce((largest, id) => Math.max(largest, id), 0) + 1 : 0;
  return {
    split,
    known: {
      ...nothingKnown,
      vocabularySize,
      features,
      units: targetWidth,
      forecast: plainForecast(features, targetWidth),
      regress: plainRegress(targetWidth),
    },
    summary: splitSummary(split, 'sequences'),
    source,
    warnings: [],
    encode({ spec }) {
      const { maxLength } = onlyInputOf(spec);
      const kept = lengths.map((length) => Math.min(length, maxLength));
      const cut = lengths.reduce((sum, length) => sum + Number(length > readLimit(spec).steps), 0);
      const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
      return {
        sequences: {
          inputs: toShared(inputs),
          features,
          starts: startsOf(lengths),
          lengths: toShared(kept),
          targets: toShared(targets),
          targetsOf,
          targetWidth,
          ...(targetLengths && { targetStarts: startsOf(targetLengths), targetLengths: toShared(targetLengths) }),
        },
        warnings: cutWarning('sequences', { cut, of: lengths.length, longest }, spec),
      };
    },
  };
}

import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { createGenerator } from '@unroll/model/generator.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import type { Reader } from '@unroll/model/readers/reader.ts';
import type { SamplingOptions } from '@unroll/model/sampling.ts';
import * as v from 'valibot';
import { readArtifact } from '../artifact/read-artifact.ts';
import { readColumns } from './read-columns.ts';

export interface PredictOptions extends SamplingOptions {
  /** Tokens that a language model adds. */
  length: number;
  seed: number;
}

const BATCH = 64;

/**
 * Answers with a model: a classifier or tagger each text (or line of JSON, if it reads ids or features), one JSON line each; a language model goes on from each prompt; a forecasting model
 * reads columns as CSV or TSV and answers the steps after them; columns known beforehand go on, the others' cells are empty there.
 */
export async function predictCommand(
  path: string,
  inputs: AsyncIterable<string> | Iterable<string>,
  options: PredictOptions,
): Promise<void> {
  const artifact = await readArtifact(path);
  await startWasmBackend(compileWasmModules());
  const { type } = artifact.spec.task as { type: string };
  if (type === 'forecast') {
    const predictor = createPredictor(artifact);
    const lines = await Array.fromAsync(inputs);
    const columns = Object.entries(readColumns(lines.join('\n'))).map(([name, values]) => [name, withoutEmptyEnd(values)]);
    console.log(JSON.stringify(predictor.predict([Object.fromEntries(columns)]).predictions[0]));
    return;
  }
  let answered = 0;
  if (type === 'generate') {
    const generator = createGenerator(artifact);
    for await (const prompt of inputs) {
      process.stdout.write(prompt);
      for (const piece of generator.generate({ prompt, ...options })) process.stdout.write(piece);
      process.stdout.write('\n');
      answered++;
    }
  } else {
    const predictor = createPredictor(artifact);
    for await (const lines of batchesOf(inputs, BATCH)) {
      const read = lines.map((line) => inputOf(line, predictor.reader));
      for (const [i, prediction] of predictor.predict(read).predictions.entries()) {
        console.log(JSON.stringify({ [typeof read[i] === 'string' ? 'text' : 'input']: read[i], ...prediction }));
      }
      answered += lines.length;
    }
  }
  if (answered === 0) throw new Error('no text to predict: pass texts as arguments, or lines on standard input');
}

/** A line as it is for a model of texts; for one of ids or rows of features as JSON. */
function inputOf(line: string, { schema, example }: Reader): unknown {
  if (typeof example === 'string') return line;
  const parsed = v.safeParse(schema, tryJson(line));
  if (parsed.success) return parsed.output;
  const wanted = `this model reads JSON such as ${JSON.stringify(example)}`;
  throw new Error(`predict: ${JSON.stringify(line.slice(0, 80))} is no input: ${wanted}`);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* batchesOf(items: AsyncIterable<string> | Iterable<string>, size: number): AsyncGenerator<string[]> {
  let batch: string[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length) yield batch;
}

function withoutEmptyEnd(values: Float64Array): Float64Array {
  const last = values.findLastIndex((value) => !Number.isNaN(value));
  return values.subarray(0, last + 1);
}

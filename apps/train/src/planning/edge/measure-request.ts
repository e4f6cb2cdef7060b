import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { type FloatWeight, quantizeWeights } from '@unroll/artifact/quantize.ts';
import { compileFile } from '@unroll/backend/choose-kernels.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { flatten, layoutOf } from '@unroll/model/layout.ts';
import { predictorOf } from '@unroll/model/predictor.ts';
import type { Sample } from '@unroll/model/readers/reader.ts';
import { createRunner, type Runner } from '@unroll/model/runner.ts';
import { servingCost } from '@unroll/model/serving-cost.ts';
import { toArtifact } from '../../artifact/to-artifact.ts';
import type { PreparedPairs } from '../../data/pairs.ts';
import type { Prepared } from '../../data/prepare.ts';
import { readWindows } from '../../data/sequences.ts';
import type { RequestCost } from './edge-plan.ts';

/** The edge app in workerd: `npm run bench -- edge`, docs/performance.md, "At the edge". */
const app = {
  /** CPU time of a request beside its prediction: 0.46 ms less 0.24. */
  requestMs: 0.22,
  /** From the start of the process to the first answer. */
  startMs: 65,
  /** Resident memory above an empty Worker's: 44 MB with three models of 2 MB. */
  bytes: 38e6,
};

export interface MeasuredRequest extends RequestCost {
  /** Mean steps of the timed inputs. */
  steps: number;
  /** Of the model file. */
  fileBytes: number;
}

/** Test samples that are timed, in so many rounds after a time in which V8 compiles the kernels. */
const INPUTS = 64;
/** A search takes as long as dozens of other predictions. */
const SEARCHES = 8;
const ROUNDS = 9;
const WARM_UP_MS = 1500;

/** Times predictions of the untrained int8 model with the kernels of the edge. Its time does not depend on the weights' values. */
export async function measureRequest(prepared: Prepared): Promise<MeasuredRequest> {
  await startWasmBackend({
    tfjs: compileFile('@unroll/backend/tfjs-serving.wasm'),
    kernels: compileFile('@unroll/kernels/serving.wasm'),
  });
  const artifact = int8Artifact(prepared);
  const { bytes } = await encodeArtifact(artifact);
  const runner = createRunner(artifact, { activationBits: 7 });
  const requests = prepared.data.type === 'pairs' ? translationsOf(runner, prepared.data) : runsOf(runner, inputsOf(prepared));
  const round = () => {
    const started = performance.now();
    for (const { run } of requests) run();
    return (performance.now() - started) / requests.length;
  };
  for (const until = performance.now() + WARM_UP_MS; performance.now() < until; ) round();
  const rounds = Array.from({ length: ROUNDS }, round);
  const tensorBytes = Math.max(...requests.map(({ bytes }) => bytes));
  runner.dispose();
  const predictMs = rounds.sort((a, b) => a - b)[ROUNDS >> 1] as number;
  return {
    predictMs,
    cpuMs: app.requestMs + predictMs,
    isolateBytes: app.bytes + bytes.length + tensorBytes,
    startMs: app.startMs,
    steps: requests.reduce((sum, { steps }) => sum + steps, 0) / requests.length,
    fileBytes: bytes.length,
  };
}

/** A request to time, its steps and the most memory that its tensors take. */
interface TimedRequest {
  run(): void;
  steps: number;
  bytes: number;
}

const runsOf = (runner: Runner, inputs: readonly Sample[]): TimedRequest[] =>
  inputs.map((input) => ({
    run: () => void runner.run([input]),
    steps: input.steps,
    bytes: servingCost(runner.model, 1, input.steps).bytes,
  }));

/** Searches of an untrained model, which rarely ends a translation: nearly all have the most steps that a search may take. */
function translationsOf(runner: Runner, { pairs, split: { test } }: PreparedPairs): TimedRequest[] {
  const predictor = predictorOf(runner);
  const every = Math.max(1, Math.floor(test.length / SEARCHES));
  const samples = test.filter((_, i) => i % every === 0).slice(0, SEARCHES);
  return Array.from(samples, (sample) => {
    const text = pairs[sample]?.source as string;
    let bytes = 0;
    predictor.predict([text], {
      admit(cost) {
        bytes = cost.bytes;
      },
    });
    return { run: () => void predictor.predict([text]), steps: predictor.reader.read(text).steps, bytes };
  });
}

function int8Artifact(prepared: Prepared) {
  const layout = layoutOf(prepared.model.weights);
  const parameters = new Float32Array(layout.length);
  flatten(layout, prepared.initial(), parameters);
  const about = { name: prepared.recipe.name, metrics: {}, createdAt: new Date(0).toISOString() };
  const float = toArtifact(prepared, parameters, about);
  return { ...float, weights: quantizeWeights(float.weights as Record<string, FloatWeight>) };
}

/** Test samples; of a text that is read as streams, windows. */
function inputsOf({ data, sequences, recipe }: Prepared): Sample[] {
  const { starts, lengths } = sequences;
  const { bpttSteps = Number.POSITIVE_INFINITY } = recipe.training;
  const { test } = data.split;
  const every = Math.max(1, Math.floor(test.length / INPUTS));
  const samples = test.filter((sample, i) => i % every === 0 && (lengths[sample] as number) > 0).slice(0, INPUTS);
  const steps = Int32Array.from(samples, (sample) => Math.min(lengths[sample] as number, bpttSteps));
  const windows = readWindows(
    sequences,
    Float64Array.from(samples, (sample) => starts[sample] as number),
    steps,
  );
  return windows.map(({ inputs }, i) => ({
    values: inputs instanceof Float32Array ? inputs : Array.from(inputs),
    steps: steps[i] as number,
  }));
}

import { availableParallelism, cpus, release, type } from 'node:os';
import { type Artifact, encodeArtifact } from '@unroll/artifact/artifact.ts';
import { chooseEngine, type EngineChoice } from '@unroll/backend/choose-engine.ts';
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { layoutOf } from '@unroll/model/layout.ts';
import { calibrate } from '../artifact/calibrate.ts';
import { quantize } from '../artifact/quantize.ts';
import { withTestScores } from '../artifact/score-artifact.ts';
import { toArtifact } from '../artifact/to-artifact.ts';
import type { Prepared } from '../data/prepare.ts';
import { targetOf } from '../data/sequences.ts';
import { type Candidate, type Contender, contendersTable } from '../results/contenders.ts';
import { quantizationSection } from '../results/quantization.ts';
import { measure, metricsOf, resultsOf } from '../results/results.ts';
import type { RunDirectory } from '../run/run-directory.ts';
import { WriteFailed, writeAtomically } from '../run/write-atomically.ts';
import type { TrainResult } from '../training/train.ts';
import { renderReport } from './report.ts';
import type { StepPoint } from './step-points.ts';

export interface Finished {
  /** The path of the int8 model. */
  model: string;
  contenders: Contender[];
  /** The task's first metric, and its format. */
  headline: [name: string, format: (value: number) => string];
  /** The contenders, for the terminal. */
  table: string;
  /** The written files by their kind, and the failed ones. */
  written: [what: string, path: string][];
  unwritten: WriteFailed[];
}

/** The options of finishing a run. */
export interface RunFacts {
  /** The command that repeats the run. */
  command: string;
  /** What trained the model. */
  engine: EngineChoice;
  workers: number;
  steps: readonly StepPoint[];
  createdAt: string;
}

/**
 * Finishes a run: quantizes the model, compares it with its rivals, and writes the models and the report. Only wasm multiplies int8
 * numbers, so wasm scores the models as a deployment runs them, whatever trained them.
 */
export async function finish(
  result: TrainResult & { final: NonNullable<TrainResult['final']> },
  run: RunDirectory,
  { command, engine, workers, steps, createdAt }: RunFacts,
): Promise<Finished> {
  const { prepared, final, history, parameters } = result;
  const { recipe, task } = prepared;
  await startEngine(chooseEngine('wasm').setup);
  const files = createFiles();
  const description = { name: recipe.name, metrics: final.test.scores, createdAt };
  const float = withTestScores(calibrated(toArtifact(prepared, parameters, description), result), prepared);
  const floatFile = await encodeArtifact(float);
  await files.write('best', run.best, floatFile.bytes);

  const quantized = quantize(prepared, float);
  const intFile = await encodeArtifact(quantized.artifact);
  await files.write('model', run.model, intFile.bytes);

  const candidates: Candidate[] = [
    { name: 'float32', artifact: float, bytes: floatFile.bytes.length },
    { name: 'int8', artifact: quantized.artifact, bytes: intFile.bytes.length },
  ];
  const results = resultsOf(prepared, final);
  const contenders = measure(results, candidates);
  const metrics = metricsOf(results, prepared);
  const report = await renderReport({
    title: run.id,
    description: recipe.description,
    settings: settingsOf(prepared, engine, workers),
    task,
    metrics,
    contenders,
    unit: results.unit,
    history,
    steps,
    command,
    test: final.test,
    sections: [...results.sections(candidates), quantizationSection(quantized, task.metricInfo[quantized.metric])],
    source: prepared.data.source,
  });
  await files.write('report', run.report, report);
  const [name = 'loss', metric] = Object.entries(metrics)[0] ?? [];
  return {
    model: run.model,
    contenders,
    headline: [name, metric?.format ?? String],
    table: contendersTable(contenders, metrics, results.unit),
    ...files.result,
  };
}

/** Writes all files. A file that fails does not stop the others. */
function createFiles() {
  const result: Pick<Finished, 'written' | 'unwritten'> = { written: [], unwritten: [] };
  return {
    result,
    async write(what: string, path: string, content: string | Uint8Array): Promise<void> {
      try {
        await writeAtomically(path, content);
        result.written.push([what, path]);
      } catch (error) {
        if (!(error instanceof WriteFailed)) throw error;
        result.unwritten.push(error);
      }
    },
  };
}

/** A forecasting model with its intervals calibrated on the validation samples. */
function calibrated(artifact: Artifact, { prepared, final }: TrainResult): Artifact {
  const { task, data, sequences } = prepared;
  const outputs = final?.validation.outputs;
  if (task.type !== 'forecast' || task.spec.distribution || task.spec.quantiles.length < 2 || !outputs) return artifact;
  const targets = Float32Array.from(Array.from(data.split.validation, (sample) => [...targetOf(sequences, sample)]).flat());
  const calibration = calibrate(task.spec, outputs, targets);
  return { ...artifact, spec: { ...artifact.spec, task: { ...task.spec, calibration } } };
}

function settingsOf({ model, recipe, seed, data }: Prepared, engine: EngineChoice, workers: number): [string, string][] {
  const { optimizer, schedule, earlyStopping, engine: _, ...rest } = recipe.training;
  const options = (value: object) =>
    Object.entries(value)
      .map(([name, setting]) => `${name} ${JSON.stringify(setting)}`)
      .join(', ');
  return [
    ['data', data.summary],
    ['layers', model.spec.layers.map(({ type, ...layer }) => `${type} (${options(layer)})`).join('\n')],
    ['parameters', layoutOf(model.weights).length.toLocaleString('en')],
    ['training', options(rest)],
    ['optimizer', options(optimizer)],
    ['schedule', schedule ? options(schedule) : 'constant'],
    ['early stopping', earlyStopping ? options(earlyStopping) : 'off'],
    ['seed', String(seed)],
    ['workers', String(workers)],
    ['engine', `${engine.name}: ${engine.description}`],
    ['kernels', chooseKernels().mode],
    ['machine', `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${type()} ${release()}, Node ${process.version}`],
  ];
}

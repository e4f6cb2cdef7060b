import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { openRecords, type RecordFile, recordsInMemory } from '@unroll/datasets/records.ts';
import { generatorOf, type Generator as TextGenerator } from '@unroll/model/generator.ts';
import { InputError } from '@unroll/model/input-error.ts';
import { type Answer, type Predictor, predictorOf } from '@unroll/model/predictor.ts';
import type { Reader } from '@unroll/model/readers/reader.ts';
import { createRunner } from '@unroll/model/runner.ts';
import type { SamplingOptions } from '@unroll/model/sampling.ts';
import type { SearchOptions } from '@unroll/model/tasks/search-options.ts';
import { readArtifact } from '../artifact/read-artifact.ts';
import { engineFor } from './engine-for.ts';
import { pastsOf } from './forecast-table.ts';
import { inputLines } from './input-lines.ts';
import { anyNumber, type Cli, engineOption, positiveInteger, wholeNumber } from './options.ts';
import { type Question, questionOf, questionsOfTable } from './questions.ts';

export interface PredictOptions extends SamplingOptions, SearchOptions {
  /** How many tokens a language model adds. */
  length: number;
  seed: number;
}

/** Texts, or the name of one table, from the command line; standard input if there are none. */
export interface PredictInputs {
  arguments: readonly string[];
  stdin: Readable & { isTTY?: boolean };
}

const BATCH = 64;
/**
 * Answers every input in turn with a line of JSON. Inputs are texts (JSON, if the model reads ids or numbers): arguments, lines of
 * standard input, or rows of a table, with columns found by name. An input without an answer has a line with its `error` instead.
 * A language model continues each text. A forecasting model reads a whole table and forecasts the next steps of each series.
 * @throws at the end if an input got no answer.
 */
export async function predictCommand(path: string, inputs: PredictInputs, options: PredictOptions): Promise<void> {
  const artifact = await readArtifact(path);
  await startEngine(engineFor(artifact).setup);
  const runner = createRunner(artifact);
  const predictor = predictorOf(runner);
  const { task, reader } = predictor;
  if (task.type === 'forecast') {
    for (const { columns, ...series } of pastsOf(await wholeTable(inputs), task.spec, reader.table?.format)) {
      console.log(JSON.stringify({ ...series, ...predictor.predict([columns]).predictions[0] }));
    }
    return;
  }
  process.stdout.once('error', endWithReader);
  const questions = questionsIn(inputs, reader);
  const { asked, unanswered } =
    task.type === 'generate'
      ? await continueEach(questions, generatorOf(runner), options)
      : await answerEach(questions, predictor, searchOf(options));
  if (asked === 0) throw new Error('no text to predict: pass texts or a table as arguments, or lines on standard input');
  if (unanswered > 0) throw new Error(`${unanswered} of ${asked} inputs got no answer; see their errors in the output`);
}

/** Yields lists of questions to answer together. No line waits for one that has not arrived. */
async function* questionsIn(inputs: PredictInputs, reader: Reader): AsyncGenerator<Question[]> {
  const table = tableAmong(inputs.arguments);
  if (table !== undefined) {
    if (!reader.table) throw new Error(`this model does not read tables; pass lines such as ${JSON.stringify(reader.example)}`);
    yield* inBatches(questionsOfTable(openRecords(table), reader.table));
  } else if (inputs.arguments.length) {
    yield* inBatches(inputs.arguments.map((text) => questionOf({ text }, reader)));
  } else if (!inputs.stdin.isTTY) {
    for await (const lines of inputLines(inputs.stdin)) yield* inBatches(lines.map((line) => questionOf(line, reader)));
  }
}

/** Ends without an error when the reader of a pipe, such as `head`, closes it. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

async function wholeTable({ arguments: given, stdin }: PredictInputs): Promise<RecordFile> {
  const table = tableAmong(given);
  if (table !== undefined) return openRecords(table);
  if (given.length || stdin.isTTY) throw new Error('a forecast needs a table: name a CSV file, or pass one on standard input');
  return recordsInMemory('standard input', await buffer(stdin));
}

/** The only argument, if it names a table. */
function tableAmong(given: readonly string[]): string | undefined {
  const table = given.find((argument) => /\.(csv|tsv|tab|jsonl|ndjson)$/i.test(argument));
  if (table !== undefined && given.length > 1) throw new Error(`'${table}' is a table; predict reads one table or several texts, not both`);
  return table;
}

interface Counts {
  asked: number;
  unanswered: number;
}

/** How a translation is searched for; undefined if no option says so. */
function searchOf({ beam, lengthPenalty, nBest, maxLength, attention }: PredictOptions): SearchOptions | undefined {
  const given = Object.entries({ beam, lengthPenalty, nBest, maxLength, attention }).filter(([, value]) => value !== undefined);
  return given.length ? Object.fromEntries(given) : undefined;
}

async function answerEach(questions: AsyncIterable<Question[]>, predictor: Predictor, search: SearchOptions | undefined): Promise<Counts> {
  const counts = { asked: 0, unanswered: 0 };
  for await (const batch of questions) {
    const answers = answersTo(
      batch.filter(({ problem }) => problem === undefined).map(({ input }) => input),
      predictor,
      search,
    );
    for (const { line, shown, problem } of batch) {
      const answer = problem ?? answers.shift();
      const where = line === undefined ? {} : { line };
      if (typeof answer === 'string') counts.unanswered++;
      console.log(JSON.stringify(typeof answer === 'string' ? { ...where, ...shown, error: answer } : { ...shown, ...answer }));
    }
    counts.asked += batch.length;
  }
  return counts;
}

/** An answer or an error for each input. */
function answersTo(inputs: readonly unknown[], predictor: Predictor, search: SearchOptions | undefined): (Answer | string)[] {
  try {
    return predictor.predict(inputs, { search }).predictions;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return inputs.length === 1 ? [error.message] : inputs.flatMap((input) => answersTo([input], predictor, search));
  }
}

/** Writes each text and its continuation. Reports a text that cannot be continued on standard error. */
async function continueEach(questions: AsyncIterable<Question[]>, generator: TextGenerator, options: PredictOptions): Promise<Counts> {
  const counts = { asked: 0, unanswered: 0 };
  for await (const { line, input, problem } of each(questions)) {
    counts.asked++;
    try {
      if (problem !== undefined) throw new InputError(problem);
      const prompt = input as string;
      const pieces = generator.generate({ prompt, ...options });
      let next = pieces.next();
      process.stdout.write(prompt);
      for (; !next.done; next = pieces.next()) process.stdout.write(next.value);
      process.stdout.write('\n');
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      counts.unanswered++;
      console.error(`${line === undefined ? `text ${counts.asked}` : `line ${line}`}: ${error.message}`);
    }
  }
  return counts;
}

function* inBatches<T>(items: Iterable<T>): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length) yield batch;
}

async function* each<T>(lists: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const list of lists) yield* list;
}

export function addPredict({ program }: Cli): void {
  program
    .command('predict')
    .description('answer texts or rows of a table (one JSON line each), continue prompts, or forecast the next steps of a table')
    .argument('[model]', 'a model.safetensors or best.safetensors, if not given by --model')
    .argument('[texts...]', 'texts, prompts, or one .csv, .tsv or .jsonl file; standard input if there are none')
    .option('-m, --model <file>', 'the model; then all arguments are texts or a table')
    .option('--length <number>', 'tokens that a language model adds', positiveInteger, 300)
    .option('--temperature <number>', 'below 1 is safer, above 1 bolder, 0 takes the most probable token', anyNumber)
    .option('--top-k <number>', 'only the k most probable tokens', positiveInteger)
    .option('--top-p <number>', 'only the most probable tokens that together reach this', anyNumber)
    .option('--beam <number>', 'hypotheses of a translation that the search keeps; 1 is greedy', positiveInteger)
    .option('--n-best <number>', 'how many translations of each text', positiveInteger)
    .option('--length-penalty <number>', 'a larger one prefers longer translations', anyNumber)
    .option('--attention', 'also how much each word of the translation read of each word of the text')
    .option('--max-length <number>', 'the most tokens of a translation', positiveInteger)
    .option('--seed <number>', 'the same seed gives the same text', wholeNumber, 1)
    .addOption(engineOption)
    .action(async (first: string | undefined, rest: string[], { model, ...flags }: PredictOptions & { model?: string }) => {
      const [path, texts] = model === undefined ? [first, rest] : [model, first === undefined ? [] : [first, ...rest]];
      if (path === undefined) throw new Error('no model: name a model.safetensors, as an argument or by --model');
      await predictCommand(path, { arguments: texts, stdin: process.stdin }, flags);
    });
}

/** The command line in a separate process, with real files and real signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import { beforeAll, describe, expect, test } from 'vitest';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-cli-'));
const tiny = join(import.meta.dirname, 'testing/tiny-recipe.ts');
const slow = join(import.meta.dirname, 'testing/slow-recipe.ts');

function start(args: readonly string[], input?: string): { child: ChildProcess; output: () => string; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...args], { cwd: scratch, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  child.stdin.end(input);
  return { child, output: () => output, ended: once(child, 'close').then(([code]) => code as number | null) };
}

async function unroll(args: readonly string[], input?: string): Promise<{ code: number | null; output: string }> {
  const { output, ended } = start(args, input);
  return { code: await ended, output: output() };
}

describe('train', () => {
  let directory = '';
  let said = '';
  beforeAll(async () => {
    const { code, output } = await unroll(['train', tiny, '--seed', '3', '--workers', '2', '--runs', 'runs']);
    expect(output).not.toContain('unroll:');
    expect(code).toBe(0);
    said = output;
    const [id] = readdirSync(join(scratch, 'runs'));
    directory = join(scratch, 'runs', id as string);
  });

  test('prints its progress in plain lines, then one table', () => {
    expect(said).toMatch(/^tiny: A few hundred review sentences/);
    expect(said).toMatch(/epoch 1\/2 {2}loss 0\.\d+ {2}validation: loss 0\.\d+ {2}accuracy \d+\.\d % {2}[\d,]+ sequences\/s {2}best/);
    expect(said).toMatch(/float32.*%[\s\S]*int8.*%[\s\S]*naive Bayes.*%/);
    expect(said).toContain('CC BY 4.0');
    // No escape sequences where there is no terminal.
    expect(said).not.toContain(String.fromCharCode(27));
  });

  test('writes best weights, checkpoints, metrics, report and model, and nothing else', async () => {
    const names = ['best.safetensors', 'checkpoints', 'metrics.jsonl', 'model.safetensors', 'report.html', 'run.json'];
    const found = readdirSync(directory).filter((name) => !name.startsWith('events.out.tfevents.'));
    expect(found.sort()).toEqual(names);
    expect(readdirSync(directory)).toHaveLength(names.length + 1);
    const model = await decodeArtifact(readFileSync(join(directory, 'model.safetensors')));
    const checkpoint = await decodeArtifact(readFileSync(join(directory, 'best.safetensors')));
    expect(model.weights['gru_0/kernel']?.dtype).toBe('int8');
    expect(checkpoint.weights['gru_0/kernel']?.dtype).toBe('float32');
    expect(model.metrics.accuracy).toBeGreaterThan(0.3);
    const metrics = readFileSync(join(directory, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(metrics).toHaveLength(2);
    expect(metrics[0]).toMatchObject({ epoch: 1, learningRate: 0.01, best: true });
  });

  test('writes a report that needs no other file', () => {
    const report = readFileSync(join(directory, 'report.html'), 'utf8');
    for (const part of ['Learning curves', 'Confusion matrix', 'Worst mistakes', 'Settings', '--seed 3', 'naive Bayes'])
      expect(report).toContain(part);
    expect(report).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
    const charts = JSON.parse(/id="charts">([^<]+)</.exec(report)?.[1] ?? '') as { id: string; x: number[] }[];
    expect(charts.find(({ id }) => id === 'loss')?.x).toEqual([1, 2]);
  });

  test('its model predicts texts from arguments and from lines', async () => {
    const model = join(directory, 'model.safetensors');
    const { output } = await unroll(['predict', model, 'Great phone.', 'Awful food.']);
    const answers = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ text }) => text)).toEqual(['Great phone.', 'Awful food.']);
    expect(answers[0].probabilities.positive + answers[0].probabilities.negative).toBeCloseTo(1, 5);
    for (const args of [
      ['predict', model],
      ['predict', '--model', model],
    ]) {
      expect((await unroll(args, 'Great phone.\nAwful food.\n')).output).toBe(output);
    }
    expect((await unroll(['predict', '--model', model, 'Great phone.', 'Awful food.'])).output).toBe(output);
    expect(await unroll(['predict', model], '')).toEqual({ code: 1, output: expect.stringContaining('no text to predict') });
  });

  test('its checkpoint quantizes to the very model, and evaluates to its accuracy', async () => {
    const again = join(scratch, 'again.safetensors');
    expect((await unroll(['quantize', join(directory, 'best.safetensors'), again])).output).toMatch(/% of /);
    expect(readFileSync(again).equals(readFileSync(join(directory, 'model.safetensors')))).toBe(true);
    expect(statSync(again).size).toBeLessThan(statSync(join(directory, 'best.safetensors')).size);
    const { output } = await unroll(['eval', join(directory, 'best.safetensors')]);
    const { metrics } = await decodeArtifact(readFileSync(join(directory, 'best.safetensors')));
    expect(output).toContain(`${((metrics.accuracy as number) * 100).toFixed(1)} %`);
  });

  test('quantizing twice is refused', async () => {
    const { code, output } = await unroll([
      'quantize',
      join(directory, 'model.safetensors'),
      join(scratch, 'twice.safetensors'),
      '--recipe',
      tiny,
    ]);
    expect(code).toBe(1);
    expect(output).toContain('is quantized already');
    expect(existsSync(join(scratch, 'twice.safetensors'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s in training ends it with 130 and prints a resume command that works', async (signal) => {
    const runs = join(scratch, signal);
    const { child, output, ended } = start(['train', slow, '--runs', runs, '--epochs', '8']);
    while (!output().includes('epoch 2/8') && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
    expect(await ended).toBe(130);
    const [, command = '', run = ''] = /Interrupted\. Resume with: npm run unroll -- (train --resume (\S+))/.exec(output()) ?? [];
    const directory = join(scratch, run);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['best.safetensors', 'checkpoints', 'metrics.jsonl', 'run.json']));
    await decodeArtifact(readFileSync(join(directory, 'best.safetensors')));

    const resumed = await unroll(command.split(' '));
    expect(resumed.code).toBe(0);
    expect(resumed.output).toMatch(/resumes at epoch \d, step \d/);
    expect(resumed.output).toMatch(/Finished after 8 epochs/);
    const epochs = readFileSync(join(directory, 'metrics.jsonl'), 'utf8').trim().split('\n');
    expect(epochs.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('an impossible command is refused in one line, with code 1', () => {
  const corrupt = join(scratch, 'corrupt.safetensors');
  beforeAll(() => writeFileSync(corrupt, 'nonsense, nonsense'));
  const cases: [string, string[], RegExp][] = [
    ['an unknown recipe', ['train', 'sentimnet'], /unroll: no recipe 'sentimnet'\. Did you mean 'sentiment'\?/],
    ['a model that is not there', ['predict', 'absent.safetensors', 'x'], /unroll: cannot read model absent\.safetensors/],
    ['a model that is none', ['predict', corrupt, 'x'], /unroll: .*corrupt\.safetensors: safetensors: /],
    ['no model', ['predict'], /no model: name a model\.safetensors/],
    ['workers of zero', ['train', 'sentiment', '--workers', '0'], /expected a whole number above 0/],
    ['publishing without a key', ['publish', 'absent', '--to', 'http://127.0.0.1:1'], /set UNROLL_API_KEY/],
    ['no recipe', ['train'], /nothing to train: name a recipe, or a run with --resume/],
    ['a run that is none', ['train', '--resume', 'absent'], /resume: absent is not the directory of a run/],
    ['an unknown command', ['trian'], /unknown command 'trian'/],
  ];
  test.each(cases)('%s', async (_, args, message) => {
    const { code, output } = await unroll(args);
    expect(output).toMatch(message);
    expect(output).not.toMatch(/ {4}at .*\.ts:/);
    expect(code).toBe(1);
  });

  test('start with a port in use, before any training', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, output } = await unroll(['start', tiny, '--port', String(port)]);
    server.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`^\\nunroll: port ${port} on 127\\.0\\.0\\.1 is in use\\. Pass --port \\d+`));
  });
});

describe('commands that examine training', () => {
  const tunable = join(import.meta.dirname, 'testing/tunable-recipe.ts');

  test('compare draws the curves of each setting', async () => {
    const { code, output } = await unroll(['compare', tunable, '--vary', 'units=2', 'units=8', '--epochs', '2', '--runs', 'looks']);
    expect(output).toMatch(/units 2 .*\n.*units 8 /);
    expect(code).toBe(0);
    const [path = ''] = /report {2}(\S+)/.exec(output)?.slice(1) ?? [];
    expect(readFileSync(join(scratch, path), 'utf8')).toContain('Validation accuracy');
  });

  test('seeds shows the scores of each contender by seed, or of each setting', async () => {
    const args = ['seeds', tunable, '--count', '2', '--epochs', '1', '--runs', 'looks'];
    const { code, output } = await unroll(args);
    expect(code).toBe(0);
    const cell = String.raw`│ +\d+\.\d % `;
    expect(output).toMatch(/test accuracy +│ seed 1 │ seed 2 │ +mean │ +± │/);
    for (const name of ['float32', 'int8', 'naive Bayes', 'logistic regression']) {
      expect(output).toMatch(new RegExp(`│ ${name} +${cell.repeat(4)}│`));
    }
    const varied = (await unroll([...args, '--set', 'units=4', '--vary', 'units=2', 'units=2,learningRate=0.1'])).output;
    for (const name of ['unchanged', 'units 2', 'units 2, learningRate 0.1']) {
      expect(varied).toMatch(new RegExp(`│ ${name} +${cell.repeat(4)}│`));
    }
    expect(varied).toContain('── units 2, learningRate 0.1, seed 2 of 2');
  });

  test('find-rate suggests a rate', async () => {
    const { code, output } = await unroll(['find-rate', tunable, '--steps', '60', '--runs', 'looks']);
    expect(output).toMatch(/falls fastest at [\d.e-]+, is lowest at [\d.e-]+; the recipe has 0\.01/);
    expect(code).toBe(0);
  });

  test('diagnose shows gradients through time', async () => {
    const { code, output } = await unroll(['diagnose', tunable, '--epochs', '1', '--runs', 'looks']);
    expect(output).toMatch(/simpleRNN .*\n[^\n]*\n?.*lstm /);
    expect(code).toBe(0);
    expect(existsSync(join(scratch, 'looks/diagnose-tunable/diagnosis.html'))).toBe(true);
  });

  test('tune picks settings, and resumes its search', async () => {
    const args = ['tune', tunable, '--trials', '3', '--eta', '2', '--epochs', '2', '--runs', 'looks'];
    const { code, output } = await unroll(args);
    expect(output).toMatch(/Train it: npm run unroll -- train \S+ --set units=\d+ learningRate=[\d.]+/);
    expect(code).toBe(0);
    expect((await unroll(args)).output).toContain('resumes after 3 trials');
    expect((await unroll([...args, '--seed', '2'])).output).toContain(
      'belongs to another search (seed, epochs or search differ); pass --restart to start over',
    );
  });

  test('a setting that a recipe does not have is refused with the nearest', async () => {
    const { code, output } = await unroll(['train', tunable, '--set', 'unit=3']);
    expect(code).toBe(1);
    expect(output).toMatch(/has no setting 'unit'\. Did you mean 'units'\?/);
  });
});

test('a language model and a forecast are trained and predict', async () => {
  const writer = join(import.meta.dirname, 'testing/tiny-writer.ts');
  expect((await unroll(['train', writer, '--epochs', '1', '--runs', 'writer'])).output).toMatch(/5-grams/);
  const [id = ''] = readdirSync(join(scratch, 'writer'));
  const write = (...args: string[]) => unroll(['predict', `writer/${id}/model.safetensors`, 'the ', '--length', '20', ...args]);
  const { output } = await write('--seed', '4', '--temperature', '0.7', '--top-k', '9');
  expect(output).toMatch(/^the .{20}\n$/s);
  expect((await write('--seed', '4', '--temperature', '0.7', '--top-k', '9')).output).toBe(output);

  expect((await unroll(['train', 'weather', '--epochs', '1', '--runs', 'weather'])).output).toMatch(/persistence/);
  const [run = ''] = readdirSync(join(scratch, 'weather'));
  const rows = Array.from({ length: 37 }, (_, i) => (i < 30 ? `0,${i},2,3,0,1` : ',,,,0,1'));
  const table = ['precipitation,temp_max,temp_min,wind,year_sin,year_cos', ...rows].join('\n');
  const answer = await unroll(['predict', '--model', `weather/${run}/model.safetensors`], table);
  const { forecast, quantiles } = JSON.parse(answer.output);
  expect(quantiles).toEqual([0.1, 0.5, 0.9]);
  expect(forecast.temp_max).toHaveLength(7);
  for (const [low, middle, high] of forecast.temp_max) expect(low <= middle && middle <= high).toBe(true);
});

test('models of ids and of numbers without text are trained, quantized and evaluated too', async () => {
  for (const [recipe, figure, wanted] of [
    ['copy', 'accuracy', /this model reads JSON such as \[/],
    ['adding', 'MAE sum', /standard input has no column 'x0'/],
  ] as const) {
    const { code, output } = await unroll(['train', recipe, '--epochs', '1', '--runs', recipe]);
    expect(output).toMatch(new RegExp(`${figure}[\\s\\S]*float32[\\s\\S]*int8`));
    expect(code).toBe(0);
    const [run = ''] = readdirSync(join(scratch, recipe));
    expect((await unroll(['eval', `${recipe}/${run}/model.safetensors`])).output).toContain(figure);
    const refused = await unroll(['predict', `${recipe}/${run}/model.safetensors`], 'some text');
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(wanted);
  }
});

describe('doctor', () => {
  test('shows the engines, what auto picks, which kernels run, and why', async () => {
    const { code, output } = await unroll(['doctor', '--kernels', 'relaxed']);
    expect(code).toBe(0);
    expect(output).toMatch(/^GPU {6}\S/m);
    expect(output).toMatch(/^Engines {2}wasm {10}our kernels on the heap/m);
    expect(output).toMatch(/^ {9}tensorflow {4}(it is not installed\. Add it with: npm run unroll -- engine add tensorflow|\S+.*)$/m);
    expect(output).toMatch(/^Auto {5}(wasm|tensorflow) \(.+\)$/m);
    expect(output).toMatch(/^Kernels {2}relaxed \(forced\)$/m);
    expect(output).toMatch(/^Speed {4}\d+ GFLOP\/s/m);
    for (const build of ['simd', 'relaxed', 'revectorized', 'serving']) {
      expect(output).toMatch(new RegExp(`^ +${build} +right +right +right$`, 'm'));
    }
  });

  test('refuses kernels that do not exist', async () => {
    const { code, output } = await unroll(['doctor', '--kernels', 'avx512']);
    expect(code).toBe(1);
    expect(output).toContain("argument 'avx512' is invalid. Allowed choices are auto, simd, relaxed, revectorized.");
  });
});

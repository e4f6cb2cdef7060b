/** Runs that cannot begin, that fail, or that resume: what is refused, what is kept, and the advice in the error. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import { engines } from '@unroll/backend/engines.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRunDirectory, readDescription } from '../run/run-directory.ts';
import { prepareForModel } from './recipe-of-model.ts';
import { type TrainCommandOptions, trainCommand } from './train.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-command-'));
const testing = join(import.meta.dirname, '../testing');
const tunable = join(testing, 'tunable-recipe.ts');
let runs = '';
let said = '';
beforeEach(() => {
  runs = mkdtempSync(join(scratch, 'runs-'));
  said = '';
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    said += `${line}\n`;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const start = (recipe: string, options: Partial<TrainCommandOptions> = {}) =>
  trainCommand(recipe, { workers: 2, epochs: 1, runs, signal: new AbortController().signal, ...options });
const resume = (options: Partial<TrainCommandOptions> = {}) =>
  trainCommand(undefined, { workers: 2, resume: run(), signal: new AbortController().signal, ...options });
const run = () => join(runs, readdirSync(runs)[0] as string);
const epochs = () => readFileSync(join(run(), 'metrics.jsonl'), 'utf8').trim().split('\n').length;

/** A recipe file that changes the tiny one. */
function recipe(name: string, changes: string): string {
  const path = join(scratch, `${name}.ts`);
  writeFileSync(path, `import tiny from ${JSON.stringify(join(testing, 'tiny-recipe.ts'))};\nexport default { ...tiny, ${changes} };\n`);
  return path;
}

describe('a resumed run', () => {
  test('refuses all unsupported flags in one error', async () => {
    await start(tunable, { set: { units: 2 } });
    const before = readDescription(run());
    const changed = trainCommand('sentiment', {
      resume: run(),
      seed: 9,
      set: { units: 4 },
      runs: 'elsewhere',
      signal: new AbortController().signal,
    });
    await expect(changed).rejects.toThrow(
      new RegExp(
        [
          `cannot resume ${run()} with other values:`,
          `  - its recipe is ${tunable}, not sentiment`,
          '  - its seed is 1; --seed 9 cannot change it',
          '  - its settings are units=2; --set units=4 cannot change them',
          '  - --runs is for new runs; a resumed run keeps its directory',
        ].join('\n'),
      ),
    );
    await expect(resume({ epochs: 0 })).rejects.toThrow('resume: 1 epochs are done, so --epochs cannot be 0');
    expect(readDescription(run())).toEqual(before);
  });

  test('takes the same values again, and more epochs', async () => {
    await start(tunable, { set: { units: 2 } });
    await resume({ seed: 1, set: { units: 2 }, epochs: 3 });
    expect(epochs()).toBe(3);
    expect(readDescription(run())?.epochs).toBe(3);
    expect(said).toContain('resumes at epoch 2, step 1');
  });

  test('starts at its first step if it ended before its first checkpoint', async () => {
    await createRunDirectory(runs, 'tunable', new Date(), { recipe: tunable, seed: 1, epochs: 1 });
    await resume();
    expect(said).toContain('no checkpoint yet: starts at the first step');
    expect(existsSync(join(run(), 'model.safetensors'))).toBe(true);
  });

  test('keeps its engine, and refuses another one by name', async () => {
    await start(tunable);
    expect(readDescription(run())?.engine).toBe('wasm');
    expect(readFileSync(join(run(), 'report.html'), 'utf8')).toContain('--engine wasm');
    vi.stubEnv('UNROLL_ENGINE', 'tensorflow');
    await expect(resume()).rejects.toThrow(
      '  - its engine is wasm, not tensorflow; leave --engine and UNROLL_ENGINE out, or pass --force to continue with tensorflow',
    );
    vi.stubEnv('UNROLL_ENGINE', 'auto');
    await resume({ epochs: 2 });
    expect(epochs()).toBe(2);
  });

  test.skipIf(engines.tensorflow().available)(
    'whose engine is not here: the error has the command that adds it, and the other way',
    async () => {
      await createRunDirectory(runs, 'tunable', new Date(), { recipe: tunable, seed: 1, epochs: 1, engine: 'tensorflow' });
      await expect(resume()).rejects.toThrow(
        /engine add tensorflow.*\. That engine trained this run; to continue with another, pass --engine wasm --force$/,
      );
      vi.stubEnv('UNROLL_ENGINE', 'wasm');
      await resume({ force: true });
      expect(readDescription(run())?.engine).toBe('wasm');
    },
  );

  test('needs --resume beside --force', async () => {
    await expect(start(tunable, { force: true })).rejects.toThrow('--force resumes a run whose data or engine changed; it needs --resume');
  });
});

test('files that cannot be written at the end are named, with the command that writes them; the others are written', async () => {
  const inTheWay = (name: string) => join(run(), name, 'in-the-way');
  const path = recipe('blocked', `callbacks: [({ type }) => void (type === 'start' && globalThis.blockFiles())]`);
  Object.assign(globalThis, {
    blockFiles: () => {
      for (const name of ['best.safetensors', 'report.html']) mkdirSync(inTheWay(name), { recursive: true });
    },
  });
  const failing = start(path);
  await expect(failing).rejects.toThrow(/cannot write \S+best\.safetensors: .*\(EISDIR\)\ncannot write \S+report\.html: .*\(EISDIR\)\n/);
  await expect(failing).rejects.toThrow(
    /The training is saved\. Once the files can be written, write them with: npm run unroll -- train --resume \S+$/,
  );
  expect(said).toMatch(/float32.*\n[\s\S]*model +\S+model\.safetensors/);
  expect(said).toMatch(/warning: cannot write \S+best\.safetensors: .*\(EISDIR\); training continues/);
  Object.assign(globalThis, { blockFiles: () => {} });
  for (const name of ['best.safetensors', 'report.html']) {
    rmdirSync(inTheWay(name));
    rmdirSync(join(run(), name));
  }
  await resume();
  expect(existsSync(join(run(), 'report.html'))).toBe(true);
  await decodeArtifact(readFileSync(join(run(), 'best.safetensors')));
});

test.skipIf(engines.tensorflow().available)(
  'a recipe whose engine is not here is refused before anything is written, unless another is asked for',
  async () => {
    const path = recipe('on-tensorflow', `training: { ...tiny.training, engine: 'tensorflow' }`);
    await expect(start(path)).rejects.toThrow(/^the tensorflow engine cannot run: .*engine add tensorflow/);
    expect(readdirSync(runs)).toEqual([]);
    vi.stubEnv('UNROLL_ENGINE', 'wasm');
    await start(path);
    expect(readDescription(run())?.engine).toBe('wasm');
  },
);

describe('an error never suggests the action that failed', () => {
  test('a run that diverged names the weights it keeps, not --resume', async () => {
    const path = recipe(
      'diverges',
      `training: {
        ...tiny.training,
        clipNorm: undefined,
        optimizer: { type: 'sgd', learningRate: 0.01 },
        schedule: { type: 'step', stepSize: 1, gamma: 1e38 },
      }`,
    );
    const failing = start(path, { epochs: 3 });
    await expect(failing).rejects.toThrow(
      /^training diverged at epoch 2, .* or set clipNorm\. The weights of epoch 1 are in \S+best\.safetensors\.$/,
    );
  });

  test('a callback that throws can be corrected: then --resume helps', async () => {
    const path = recipe('throws', `callbacks: [({ type }) => { if (type === 'epoch') throw new Error('no such table'); }]`);
    await expect(start(path)).rejects.toThrow(
      /^a callback of the recipe failed at the event 'epoch': no such table\. Correct the callback, then resume with: npm run unroll -- train --resume \S+$/,
    );
    writeFileSync(path, readFileSync(path, 'utf8').replace("type === 'epoch'", 'false'));
    expect(readdirSync(join(run(), 'checkpoints'))).toHaveLength(1);
  });
});

describe('the data of a model file', () => {
  test('is that of its run, also where a built-in recipe has its name', async () => {
    await start(recipe('own', `name: 'remedies'`), { seed: 5 });
    const warned = vi.spyOn(console, 'error').mockImplementation(() => {});
    const path = join(run(), 'best.safetensors');
    const artifact = await decodeArtifact(readFileSync(path));
    const prepared = await prepareForModel(path, artifact, undefined);
    expect(prepared.digest).toBe(artifact.origin?.data);
    expect(warned).not.toHaveBeenCalled();

    // Elsewhere the name is all there is.
    await prepareForModel(join(scratch, 'best.safetensors'), artifact, undefined);
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("these are not the data of the model's training"));
    await expect(prepareForModel(join(scratch, 'x.safetensors'), { ...artifact, name: 'mine' }, undefined)).rejects.toThrow(
      /no run\.json beside \S+ and no recipe 'mine': pass the model's recipe with --recipe/,
    );
    rmSync(runs, { recursive: true });
  });
});

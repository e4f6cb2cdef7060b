import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import tiny from '../testing/tiny-recipe.ts';
import { loadRecipe, recipeNames } from './load-recipe.ts';
import { parseRecipe } from './recipe.ts';

test.each(recipeNames())('the recipe %s is valid', async (name) => {
  expect((await loadRecipe(name)).name).toBe(name);
});

test('data, tokenizer and training may follow from the settings', () => {
  const file = {
    ...tiny,
    settings: { test: 0.2, words: 10, epochs: 2 },
    data: ({ test }: { test: number }) => ({ ...tiny.data, test }),
    tokenizer: ({ words }: { words: number }) => ({ numWords: words }),
    training: ({ epochs }: { epochs: number }) => ({ ...tiny.training, epochs }),
  };
  const { data, tokenizer, training } = parseRecipe(file, 'it', { test: 0.3, epochs: 5 });
  expect([data.type === 'texts' && data.test, tokenizer, training.epochs]).toEqual([0.3, { numWords: 10 }, 5]);
});

describe('a wrong recipe is refused, with the remedy', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-recipe-'));
  const write = (name: string, source: string) => {
    const path = join(directory, `${name}.js`);
    writeFileSync(path, source);
    return path;
  };
  const recipe = (training: string) => `export default {
    name: 'mine', description: '', data: { type: 'texts', load: () => ({}), validation: 0.1, test: 0.2 },
    tokenizer: {}, model: () => ({}), training: ${training},
  };`;
  const withTokenizer = (options: string) => recipe(good).replace('tokenizer: {}', `tokenizer: ${options}`);
  const good = "{ epochs: 1, globalBatchSize: 8, shards: 2, optimizer: { type: 'adam' } }";

  test('an unknown name', async () => {
    await expect(loadRecipe('sentimant')).rejects.toThrow("no recipe 'sentimant'. Did you mean 'sentiment'?");
  });
  test('a file that is not there', async () => {
    await expect(loadRecipe(join(directory, 'absent.js'))).rejects.toThrow('cannot be loaded');
  });
  test('no default export', async () => {
    await expect(loadRecipe(write('empty', 'export const x = 1;'))).rejects.toThrow('has no default export');
  });
  test('a mistyped key, with its place and the nearest', async () => {
    const path = write('typo', recipe(good.replace('shards', 'shard')));
    await expect(loadRecipe(path)).rejects.toThrow("training: unknown key 'shard'. Did you mean 'shards'?");
  });
  test('a mistyped optimizer', async () => {
    const path = write('optimizer', recipe(good.replace("'adam'", "'adma'")));
    await expect(loadRecipe(path)).rejects.toThrow("Did you mean 'adam'?");
  });
  test('a mistyped tokenizer option', async () => {
    const path = write('tokenizer', withTokenizer('{ numWord: 100 }'));
    await expect(loadRecipe(path)).rejects.toThrow("tokenizer: unknown key 'numWord'. Did you mean 'numWords'?");
  });
  test('a tokenizer that splits everywhere, or keeps no word', async () => {
    const split = write('split', withTokenizer("{ split: '' }"));
    await expect(loadRecipe(split)).rejects.toThrow(
      'tokenizer.split: expected at least 1 character; for a token a character set charLevel: true',
    );
    await expect(loadRecipe(write('words', withTokenizer('{ numWords: 1 }')))).rejects.toThrow('tokenizer.numWords: expected at least 2');
  });
  test('a name that no model file can have', async () => {
    const path = write('name', recipe(good).replace("'mine'", `'${'a'.repeat(65)}'`));
    await expect(loadRecipe(path)).rejects.toThrow('name: expected at most 64 characters');
  });
  test('and a right one is read', async () => {
    expect((await loadRecipe(write('good', recipe(good)))).training.optimizer).toMatchObject({ type: 'adam', learningRate: 0.001 });
  });
});

describe('a recipe outside the repository, in Node itself', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-outside-'));
  const load = (name: string, source: string): string => {
    const path = join(directory, name);
    writeFileSync(path, source);
    const script = `import { loadRecipe } from ${JSON.stringify(new URL('load-recipe.ts', import.meta.url).href)};
      try { console.log((await loadRecipe(${JSON.stringify(path)})).name); } catch (error) { console.log(error.message); }`;
    return execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
  };

  test('may import the exports of this installation', () => {
    expect(
      load(
        'define.ts',
        `import { defineRecipe } from '@unroll/train/recipe.ts';
        export default defineRecipe({
          name: 'mine', description: '', data: { type: 'texts', load: () => ({}), validation: 0.1, test: 0.2 } as never, model: () => ({}) as never,
          training: { epochs: 1, globalBatchSize: 8, shards: 2, optimizer: { type: 'adam' } },
        });`,
      ),
    ).toBe('mine');
  });
  test.each([
    ['comma.ts', 'export default {\n  a: 1 as number\n  b: 2,\n};\n', /comma\.ts cannot be loaded: line 3: Expected/],
    ['comma.js', 'export default {\n  a: 1\n  b: 2,\n};\n', /comma\.js cannot be loaded: line 3: Unexpected identifier 'b'$/],
    ['thrown.ts', '\n\nexport default nothing;\n', /thrown\.ts cannot be loaded: line 3: nothing is not defined$/],
    ['helper.ts', "import './comma.js';\nexport default {};\n", /helper\.ts cannot be loaded: .*Unexpected identifier 'b'$/],
  ])('%s that cannot be loaded names the line', (name, source, message) => expect(load(name, source)).toMatch(message));
});

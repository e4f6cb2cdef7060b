import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { initCommand } from '../commands/init.ts';
import { prepare } from '../data/prepare.ts';
import { loadRecipe } from './load-recipe.ts';

/** Set by the code that names below would run. */
const ran = globalThis as { codeFromData?: boolean };
const CALL = '(globalThis.codeFromData=true)';

beforeEach(() => {
  delete ran.codeFromData;
  vi.spyOn(console, 'log').mockImplementation((text: string) => expect(text).toMatch(/^(\P{Cc}|\n)*$/u));
});
afterEach(() => void vi.restoreAllMocks());

/** Pieces that end a string, a comment, a template or a line, and code that would then run. */
const piece = fc.constantFrom(
  ...[
    CALL,
    "'",
    '"',
    '`',
    '\\',
    '*/',
    '/*',
    '//',
    '${',
    '}',
    ']',
    ',',
    ';',
    '+',
    '\n',
    '\r',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u0000',
    '</script>',
  ],
  ...['#', '?', '%', '%2F', ' ', 'ü', '日', '😀', '__proto__', 'constructor', 'a', 'b', '=', '\t', '\u001b[31m', '..', ':', '&', '|'],
);
const hostile = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join('').trim() || 'blank');
const fileName = hostile.map((text) => text.replaceAll(/[/\0]/g, '∕').slice(0, 60));

const kinds = {
  texts: ([a, b]: readonly string[]) => [[a, b], ...rowsOf(60, (i) => [`words of row ${i * 7} and so on`, 'xy'[i % 2]])],
  pairs: ([a, b]: readonly string[]) => [[a, b], ...rowsOf(60, (i) => [`words of row ${i * 7}`, `${i * 7} ist die Zeile`])],
  numbers: ([a, b, c]: readonly string[]) => [[a, b, c], ...rowsOf(60, (i) => [Math.sin(i), Math.cos(i * 3), 'xy'[i % 2]])],
  series: ([a, b]: readonly string[]) => [[a, b], ...rowsOf(90, (i) => [new Date(i * 864e5).toISOString().slice(0, 10), Math.sin(i)])],
};
const rowsOf = (n: number, row: (i: number) => unknown[]) => Array.from({ length: n }, (_, i) => row(i));

test('column and file names are data: for any name, the recipe of init loads, reads the file and runs nothing from it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-hostile-'));
  let count = 0;
  const recipes: string[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
      fc.uniqueArray(hostile, { minLength: 3, maxLength: 3 }),
      fileName,
      fileName,
      async (kind, names, folder, file) => {
        const place = join(directory, `${count++}`, `d${folder}`);
        mkdirSync(place, { recursive: true });
        const [path, out] = [join(place, `${file}.csv`), join(directory, `${count}.recipe.ts`)];
        writeFileSync(path, stringify(kinds[kind](names), { quoted: true }));
        await initCommand(path, { out });
        expect(readFileSync(out, 'utf8')).toMatch(/^[^\p{Cf}\p{Zl}\p{Zp}]*$/u);
        const recipe = await loadRecipe(out);
        const { data } = prepare(recipe, 1);
        expect(data.split.train.length).toBeGreaterThan(0);
        expect(ran.codeFromData).toBeUndefined();
        recipes.push(out);
      },
    ),
    { numRuns: 60 },
  );
  // As Node itself reads them, types stripped.
  const script = `for (const path of ${JSON.stringify(recipes)}) if ((await import(path)).default.data === undefined) throw new Error(path);
    console.log(globalThis.codeFromData === undefined ? 'nothing ran' : 'code from data ran');`;
  const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(said.trim()).toBe('nothing ran');
});

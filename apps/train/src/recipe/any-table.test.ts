import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { initCommand } from '../commands/init.ts';
import { prepare } from '../data/prepare.ts';
import { train } from '../training/train.ts';
import { loadRecipe } from './load-recipe.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-any-table-'));

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

const anyOf = (values: readonly string[]) => fc.constantFrom(...values);
const rowsOf = (cell: (i: number) => fc.Arbitrary<string>) => (rows: number) =>
  fc.tuple(...Array.from({ length: rows }, (_, i) => cell(i)));
const date = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);

/** Generators of a column's cells, by kind of content. */
const kinds: Record<string, (rows: number) => fc.Arbitrary<string[]>> = {
  number: rowsOf(() => fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String)),
  'small whole number': rowsOf(() => fc.integer({ min: 0, max: 5 }).map(String)),
  'huge number': rowsOf(() => anyOf(['1', '2.5', '1e39', '-1e300', '3e38'])),
  'decimal comma': rowsOf(() => fc.integer({ min: 0, max: 99 }).map((n) => `"${n},5"`)),
  counter: rowsOf((i) => fc.constant(String(100 + i))),
  constant: rowsOf(() => fc.constant('7')),
  binary: rowsOf(() => anyOf(['0', '1'])),
  category: rowsOf(() => anyOf(['red', 'green', 'blue'])),
  'one word': rowsOf(() => fc.constant('same')),
  date: rowsOf((i) => fc.constant(date(i))),
  'date in disorder': rowsOf((i) => fc.integer({ min: 0, max: 3 }).map((shift) => date(i + shift))),
  'date of several': rowsOf((i) => fc.constant(date(Math.floor(i / 3)))),
  'Unix time': rowsOf((i) => fc.constant(String(1_700_000_000 + 60 * i))),
  'slashed date': rowsOf((i) => fc.constant(`${String(1 + (i % 28)).padStart(2, '0')}/03/${2000 + Math.floor(i / 28)}`)),
  text: rowsOf(() =>
    fc.array(anyOf(['good', 'bad', 'room', 'a', '12"', "it's"]), { minLength: 1, maxLength: 9 }).map((some) => some.join(' ')),
  ),
  Chinese: rowsOf(() => fc.string({ unit: anyOf(['好', '坏', '早', '餐']), minLength: 1, maxLength: 9 })),
  punctuation: rowsOf(() => anyOf(['!', '...', '???'])),
  empty: rowsOf(() => fc.constant('')),
};
const missing = ['', 'NaN', 'n/a', '-', 'NA', 'null', 'x'];

const column = (rows: number) =>
  fc
    .tuple(fc.constantFrom(...Object.keys(kinds)), fc.constantFrom(0, 0, 0, 0.03, 0.3), anyOf(['', 'label', 'date', 'id', 'value', 'text']))
    .chain(([kind, holes, name]) =>
      fc
        .tuple(
          kinds[kind]?.(rows) as fc.Arbitrary<string[]>,
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: rows, maxLength: rows }),
          anyOf(missing),
        )
        .map(([cells, dice, word]) => ({ name, kind, cells: cells.map((cell, i) => ((dice[i] as number) < holes ? word : cell)) })),
    );
const table = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 5 }))
  .chain(([rows, columns]) => fc.tuple(...Array.from({ length: columns }, () => column(rows))))
  .map((columns) => {
    const header = columns.map(({ name, kind }, i) => `${name || kind} ${i}`.replace(/ 0$/, ''));
    const rows = (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => cells[row]).join());
    return `${header.join()}\n${rows.join('\n')}\n`;
  });

test('for any table, init gives the reason why nothing can be learned, or writes a recipe that trains', async () => {
  let count = 0;
  const seen = { refused: 0, trained: 0 };
  await fc.assert(
    fc.asyncProperty(table, async (content) => {
      const path = join(directory, `table-${count++}.csv`);
      const out = `${path}.recipe.ts`;
      writeFileSync(path, content);
      try {
        await initCommand(path, { out });
      } catch (error) {
        seen.refused++;
        expect((error as Error).message).toMatch(/^init: |table-\d+\.csv|^split: |^column '/);
        expect(error).not.toBeInstanceOf(TypeError);
        return;
      }
      const recipe = await loadRecipe(out);
      const prepared = prepare(recipe, 1);
      // Threads start slowly, so only a few of the prepared tables are trained.
      if (seen.trained++ >= 12) return;
      const { history } = await train({ ...recipe, training: { ...recipe.training, epochs: 1 } }, { workers: 1, prepared });
      expect(history[0]?.loss).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(seen.refused, seen.trained)).toBeGreaterThan(10);
});

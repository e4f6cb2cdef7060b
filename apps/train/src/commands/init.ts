import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { profileFile } from '@unroll/datasets/profile.ts';
import { openRecords } from '@unroll/datasets/records.ts';
import Table from 'cli-table3';
import { purposeOf, type Wishes } from '../recipe/purpose.ts';
import { recipeSource } from '../recipe/recipe-source.ts';
import { writeAtomically } from '../run/write-atomically.ts';

export interface InitOptions extends Wishes {
  /** Where the recipe goes; beside the file if left out. */
  out?: string;
  force?: boolean;
}

const CLASSES_SHOWN = 20;
const COLUMNS_SHOWN = 15;
/** A class with so many times fewer rows than the largest is pointed out. */
const UNBALANCED = 10;

/** Looks at a data file, says what is in it, and writes a recipe for it. @throws if the recipe exists, or nothing can be learned. */
export async function initCommand(path: string, options: InitOptions): Promise<void> {
  const file = openRecords(path);
  const profile = profileFile(file);
  const { rows, columns, problems, badRows } = profile;
  console.log(`${path}: ${rows.toLocaleString('en')} rows, ${columns.length} columns, ${file.format}, ${file.encoding}`);
  const chars = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const style = { head: process.stdout.isTTY ? ['bold'] : [], border: [] };
  const table = new Table({
    head: ['column', 'holds', 'different', 'missing'],
    colAligns: ['left', 'left', 'right', 'right'],
    chars,
    style,
  });
  for (const { name, type, distinct, missing } of columns)
    table.push([name, type, distinct >= 1000 ? '1,000 or more' : String(distinct), String(missing)]);
  console.log(table.toString());
  if (columns.length > COLUMNS_SHOWN) console.log(`and ${columns.length - COLUMNS_SHOWN} more columns`);
  for (const { line, problem } of problems) console.log(`line ${line}: ${problem}; the row would be left out`);
  if (badRows > problems.length) console.log(`and ${badRows - problems.length} more rows like these`);

  const purpose = purposeOf(profile, options);
  if ('label' in purpose) showBalance(columns.find(({ name }) => name === purpose.label)?.counts ?? new Map());
  const name =
    basename(path, extname(path))
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '') || 'mine';
  const out = resolve(options.out ?? join(dirname(path), `${name}.recipe.ts`));
  if (existsSync(out) && !options.force) throw new Error(`${out} exists; pass --out for another place, or --force`);
  await writeAtomically(out, recipeSource(name, { out, file: path }, purpose));
  const shown = relative(process.cwd(), out);
  console.log(
    `${shown} is a recipe to ${purpose.type === 'forecast' ? `forecast ${purpose.targets.join(', ')}` : `${purpose.type} by ${purpose.label}`}. Train it: npm run unroll -- train ${shown}`,
  );
}

function showBalance(counts: ReadonlyMap<string, number>): void {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  for (const [label, count] of sorted.slice(0, CLASSES_SHOWN)) {
    console.log(`  ${label.padEnd(20)} ${count.toLocaleString('en').padStart(9)}  ${((count / total) * 100).toFixed(1).padStart(5)} %`);
  }
  if (sorted.length > CLASSES_SHOWN) console.log(`  and ${sorted.length - CLASSES_SHOWN} more`);
  const [largest, smallest] = [sorted[0]?.[1] ?? 0, sorted.at(-1)?.[1] ?? 0];
  if (largest > UNBALANCED * smallest) console.log("The classes are unbalanced: consider training.classWeights: 'balanced'.");
}

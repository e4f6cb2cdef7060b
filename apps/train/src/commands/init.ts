import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { type FileProfile, profileFile } from '@unroll/datasets/profile.ts';
import { openRecords, type RecordFile } from '@unroll/datasets/records.ts';
import { prepare } from '../data/prepare.ts';
import { HOLDS, roleOf, whyUnread } from '../recipe/column-roles.ts';
import { otherLabels } from '../recipe/label.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { type Purpose, purposeOf, type Wishes } from '../recipe/purpose.ts';
import { recipeSource } from '../recipe/recipe-source.ts';
import { tableOf } from '../recipe/table.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { printable } from '../terminal/printable.ts';
import { commandLine } from '../terminal/shell.ts';
import { plainTable } from '../terminal/table.ts';
import type { Cli } from './options.ts';

export interface InitOptions extends Wishes {
  /** The recipe's path; by default beside the data file. */
  out?: string;
  force?: boolean;
  /** The file's encoding; detected if left out. */
  encoding?: string;
}

const CLASSES_SHOWN = 20;
const COLUMNS_SHOWN = 15;
/** A class with this many times fewer rows than the largest is reported. */
const UNBALANCED = 10;

/**
 * Examines a data file, reports its columns and writes a recipe for it. It keeps the recipe only after reading the file and building the model with it.
 * @throws if the recipe exists, if the file is not a table, or if the table allows no task.
 */
export async function initCommand(path: string, options: InitOptions): Promise<void> {
  if (/\.te?xt$/i.test(path)) {
    throw new Error(
      `${path}: expected a .csv, .tsv, .jsonl or .ndjson file. To train on one long text, pack it: ${commandLine('pack', path)}`,
    );
  }
  const file = openRecords(path, { encoding: options.encoding });
  const profile = profileFile(file);
  showColumns(file, profile);
  const purpose = purposeFor(file, profile, options);
  if ('label' in purpose) showBalance(profile.columns.find(({ name }) => name === purpose.label)?.counts ?? new Map());
  showUnread(profile, purpose);
  showGuesses(file, profile, purpose, options);

  const name = recipeName(path);
  const out = resolve(options.out ?? join(dirname(path), `${name}.recipe.ts`));
  if (existsSync(out) && !options.force) throw new Error(`${out} exists; pass --out for another path, or --force to overwrite it`);
  await writeTried(out, recipeSource(name, { out, file: path, layout: { ...file, notation: profile.notation } }, purpose));
  const shown = relative(process.cwd(), out);
  say(`${shown} is a recipe to ${aimOf(purpose)}. Train it: ${commandLine('train', shown)}`);
}

const say = (text: string) => console.log(printable(text));

function showColumns(file: RecordFile, { rows, columns, notation }: FileProfile): void {
  const { decimal, thousands } = notation;
  const numbers =
    decimal === '.' && thousands === undefined ? '' : `, numbers such as ${thousands === undefined ? '' : `1${thousands}`}234${decimal}5`;
  const separated = file.format === 'csv' && file.separator !== ',' ? `, separated by '${file.separator}'` : '';
  say(`${file.path}: ${rows.toLocaleString('en')} rows, ${columns.length} columns, ${file.format}${separated}, ${file.encoding}${numbers}`);
  const shown = columns.slice(0, COLUMNS_SHOWN).map((column) => {
    const { name, distinct, missing } = column;
    return [printable(name), HOLDS[roleOf(column)], distinct >= 1000 ? '1,000 or more' : `${distinct}`, `${missing}`];
  });
  console.log(plainTable(['column', 'holds', 'different', 'missing'], shown, { left: 2 }));
  if (columns.length > COLUMNS_SHOWN) say(`and ${columns.length - COLUMNS_SHOWN} more columns`);
}

/** The table's purpose. If there is none, the error also lists rows that cannot be read. */
function purposeFor(file: RecordFile, profile: FileProfile, wishes: Wishes): Purpose {
  try {
    return purposeOf(file, profile, wishes);
  } catch (cause) {
    const [first] = profile.problems;
    if (!first) throw cause;
    const rows = `${profile.badRows.toLocaleString('en')} rows cannot be read (line ${first.line}: ${first.problem})`;
    throw new Error(`${(cause as Error).message}. ${rows}`, { cause });
  }
}

function showUnread({ columns, rows }: FileProfile, purpose: Purpose): void {
  const read =
    purpose.type === 'translate'
      ? [purpose.source.column, purpose.target.column]
      : 'text' in purpose
        ? [purpose.text, purpose.label, purpose.id]
        : 'label' in purpose
          ? [...purpose.columns, purpose.label]
          : 'target' in purpose
            ? [...purpose.columns, purpose.target]
            : [...purpose.columns, purpose.time, purpose.series];
  const unread = columns.filter(({ name }) => !read.includes(name)).map((column) => whyUnread(column, roleOf(column), rows));
  if (unread.length)
    say(
      `Not read: ${unread.slice(0, COLUMNS_SHOWN).join(', ')}${unread.length > COLUMNS_SHOWN ? ` and ${unread.length - COLUMNS_SHOWN} more` : ''}`,
    );
}

/** Doubts about the recipe to report. */
function showGuesses(file: RecordFile, profile: FileProfile, purpose: Purpose, wishes: Wishes): void {
  const row =
    file.format === 'jsonl' ? undefined : profile.columns.find(({ name, counts }) => counts?.has(name) || /^-?\d+\.\d+$/.test(name));
  if (row) say(`warning: the first line looks like a row: '${row.name}' is a value. Put a line with the names of the columns above it.`);
  if (purpose.type === 'translate' && wishes.source === undefined) {
    const [source, target] = [purpose.source.column, purpose.target.column];
    say(`That '${target}' translates '${source}' is a guess; --source ${target} --target ${source} turns it round, --label names classes.`);
  }
  if (!('label' in purpose) || wishes.label !== undefined) return;
  const others = otherLabels(tableOf(file, profile), purpose.label);
  if (others.length) say(`The classes are a guess; --label could also name ${others.slice(0, COLUMNS_SHOWN).join(', ')}.`);
}

const aimOf = (purpose: Purpose) =>
  purpose.type === 'translate'
    ? `translate ${purpose.source.column} into ${purpose.target.column}`
    : purpose.type === 'forecast'
      ? `forecast ${purpose.targets.join(', ')}, ${purpose.horizon} steps ahead from ${purpose.context}${purpose.series === undefined ? '' : `, for each ${purpose.series}`}`
      : 'target' in purpose
        ? `${purpose.type}: ${purpose.target}`
        : `${purpose.type} by ${purpose.label}`;

const recipeName = (path: string) =>
  basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'mine';

/** Writes a recipe and checks that it reads its data and builds its model. If the check fails, an existing file stays unchanged. */
async function writeTried(out: string, source: string): Promise<void> {
  const trial = out.replace(/(\.recipe)?\.[jt]s$|$/, `.${process.pid}.trial.recipe.ts`);
  await writeAtomically(trial, source);
  try {
    const { data } = prepare(await loadRecipe(trial), 1);
    say(data.summary);
    for (const warning of data.warnings) say(`warning: ${warning}`);
    await rename(trial, out);
  } catch (error) {
    await rm(trial, { force: true });
    throw error;
  }
}

function showBalance(counts: ReadonlyMap<string, number>): void {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  for (const [label, count] of sorted.slice(0, CLASSES_SHOWN)) {
    say(`  ${label.padEnd(20)} ${count.toLocaleString('en').padStart(9)}  ${((count / total) * 100).toFixed(1).padStart(5)} %`);
  }
  if (sorted.length > CLASSES_SHOWN) say(`  and ${sorted.length - CLASSES_SHOWN} more`);
  const [largest, smallest] = [sorted[0]?.[1] ?? 0, sorted.at(-1)?.[1] ?? 0];
  if (largest > UNBALANCED * smallest) say("The classes are unbalanced: consider training.classWeights: 'balanced'.");
}

export function addInit({ program }: Cli): void {
  program
    .command('init')
    .description('examine a CSV, TSV or JSON lines file and write a recipe for it')
    .argument('<file>', 'a .csv, .tsv, .jsonl or .ndjson file')
    .option('--text <column>', 'the column with texts')
    .option('--label <column>', 'the column with classes')
    .option('--source <column>', 'the column to translate; --target then names its translations')
    .option('--target <columns...>', 'columns to forecast')
    .option('--time <column>', 'the column with the time of each row')
    .option('--series <column>', 'the column that tells several series apart')
    .option('--encoding <name>', 'the encoding of the file, such as windows-1252')
    .option('--out <path>', 'the path of the recipe (default: beside the file)')
    .option('--force', 'overwrite a recipe')
    .action((file: string, { target, ...flags }: InitOptions & { target?: string[] }) => initCommand(file, { ...flags, targets: target }));
}

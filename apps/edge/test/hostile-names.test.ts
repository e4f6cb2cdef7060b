/** Column and file names of any kind pass from a table through `init`, `train`, `predict` and the Worker as data. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createClient } from '@unroll/client/client.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DevServer, startDevServer } from '../scripts/dev-server.ts';
import { newKey } from '../scripts/new-key.ts';
import { freePort } from './servers.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-hostile-'));
const cli = join(import.meta.dirname, '../../train/src/cli.ts');
const marker = join(scratch, 'code-from-data-ran');
const key = newKey('hostile-names');
let server: DevServer | undefined;
let client: ReturnType<typeof createClient>;
beforeAll(async () => {
  const directory = mkdtempSync(join(scratch, 'dev-'));
  server = await startDevServer({ port: String(await freePort()), directory, key }, new AbortController().signal);
  client = createClient({ url: server?.url ?? '', key });
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** Ends strings, templates, comments, tags and shell words; and code that would then run. */
const pieces = [
  `');process.getBuiltinModule('fs').writeFileSync(${JSON.stringify(marker)}, '');('`,
  ...['"', "'", '`', '\\', '*/', '//', '${', '</script>', '#', '?', '%', '%2F', ' ', 'ü', '日', '😀', '$(', ';', '&', '|', '=', ':'],
  ...['constructor', '__proto__', '~', '\u2028', '\u202e', '-', '\u001b[31m'],
];
const hostile = fc.array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 8 }).map((parts) => `n${parts.join('')}e`);
const fileName = hostile.map((name) => name.replaceAll('/', '∕').slice(0, 60));

type Names = readonly [string, string, string];
interface Kind {
  rows(names: Names): unknown[][];
  /** An input of the model, for HTTP. */
  input(names: Names): unknown;
}
const kinds: Record<string, Kind> = {
  texts: {
    rows: ([words, label]) => [[words, label], ...many(60, (i) => [`words of row ${i * 7} and so on`, 'xy'[i % 2]])],
    input: ([words]) => ({ [words]: 'words of row 7' }),
  },
  numbers: {
    rows: ([a, b, label]) => [[a, b, label], ...many(60, (i) => [Math.sin(i), Math.cos(i * 3), 'xy'[i % 2]])],
    input: ([a, b]) => ({ [b]: 0.5, [a]: -0.5 }),
  },
  series: {
    rows: ([time, value]) => [[time, value], ...many(90, (i) => [new Date(i * 864e5).toISOString().slice(0, 10), Math.sin(i)])],
    input: ([, value]) => ({ [value]: many(30, Math.sin) }),
  },
};
const many = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
const csv = (rows: unknown[][]) =>
  `${rows.map((row) => row.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',')).join('\n')}\n`;

async function unroll(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`unroll ${args.join(' ')} ended with ${code}: ${await err}`);
  return out;
}

test.each(Object.keys(kinds))('%s', async (name) => {
  const kind = kinds[name] as Kind;
  const names = fc.uniqueArray(hostile, { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(names, fileName, async (columns, file) => {
      const directory = mkdtempSync(join(scratch, `${name}-`));
      const place = join(directory, `d${file}`);
      mkdirSync(place);
      const table = join(place, `${file}.csv`);
      const recipe = join(directory, 'own.recipe.ts');
      writeFileSync(table, csv(kind.rows(columns as unknown as Names)));

      await unroll('init', table, '--out', recipe);
      await unroll('train', recipe, '--epochs', '1', '--workers', '1', '--runs', join(directory, 'runs'));
      const [run = ''] = readdirSync(join(directory, 'runs'));
      const model = join(directory, 'runs', run, 'model.safetensors');
      const lines = (await unroll('predict', model, table)).trim().split('\n');
      expect(lines).toHaveLength(name === 'series' ? 1 : 60);
      for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty('error');

      await client.publish(name, new Uint8Array(readFileSync(model)));
      const { predictions } = await client.predict(name, [kind.input(columns as unknown as Names)] as never);
      expect(predictions).toHaveLength(1);
      expect(existsSync(marker)).toBe(false);
    }),
    { numRuns: 2 },
  );
});

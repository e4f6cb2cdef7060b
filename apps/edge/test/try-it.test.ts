import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tryItCommands } from '../scripts/try-it.ts';

/** The last argument that curl gets when sh runs a command. */
function bodyFrom(command: string): string {
  const curl = 'curl() { for last; do :; done; printf %s "$last"; }';
  return spawnSync('sh', ['-c', `${curl}; ${command}`], { encoding: 'utf8' }).stdout;
}

test('sh passes the example to curl unchanged', () => {
  const text = fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', ' ', '%', 'a', 'é', '好') });
  fc.assert(
    fc.property(text, (example) => {
      const [predict, generate, ...more] = tryItCommands('http://127.0.0.1:1/v1/models/m', { task: 'generate', example });
      expect(JSON.parse(bodyFrom(predict ?? ''))).toEqual({ inputs: [example] });
      expect(JSON.parse(bodyFrom(generate ?? ''))).toMatchObject({ prompt: example });
      expect(more).toEqual([]);
    }),
    { numRuns: 40, examples: [["it's"], [`'"'`]] },
  );
});

test('other tasks get only a predict command', () => {
  const example = { "today's load": [1, 2.5] };
  const commands = tryItCommands('http://127.0.0.1:1/v1/models/m', { task: 'forecast', example });
  expect(commands.map((command) => JSON.parse(bodyFrom(command)))).toEqual([{ inputs: [example] }]);
});

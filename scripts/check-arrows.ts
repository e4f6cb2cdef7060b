/**
 * Fails on an import that breaks the order of ARCHITECTURE.md. The rules between packages, and the one against circles of files, are in
 * biome.json; a probe file proves that each rule works.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Rooms of a source folder, the lowest row first. A file may import from its own room and from earlier rows, but not from other rooms in its row. */
const order: Record<string, string[][]> = {
  'apps/train/src': [
    ['page', 'recipe'],
    ['recipes', 'terminal', 'data'],
    ['plan', 'run'],
    ['ranks', 'engines'],
    ['workers'],
    ['training'],
    ['artifact', 'experiments'],
    ['results', 'planning'],
    ['report'],
    ['commands'],
    ['cli.ts'],
  ],
  'apps/edge/src': [['http'], ['models'], ['services.ts'], ['routes', 'session-object.ts'], ['app.ts'], ['worker.ts'], ['self-hosted']],
  'packages/model/src': [
    ['weights', 'decoding'],
    ['cells', 'training', 'metrics'],
    ['layers'],
    ['tasks', 'graph'],
    ['spec.ts'],
    ['model.ts'],
    ['batch', 'readers'],
    ['serving'],
  ],
  'packages/kernels/src': [
    ['modes.ts', 'cell-numbers.ts', 'conv1d-descriptors.ts', 'label-sequence-descriptors.ts'],
    ['descriptors.ts'],
    ['kernels.ts', 'reference'],
    ['instantiate.ts', 'entries/entry.ts'],
    ['arithmetic.ts', 'probe.ts', 'entries'],
    ['entries/registry.ts'],
  ],
};
/** Rooms that may import anything. Only tests may import them. */
const outside = /\.(test|d)\.ts$|\/(testing|bench|test|stubs)\//;

const problems = [...arrowsAgainstTheOrder(), ...probesOfBiome()];
for (const problem of problems) console.error(problem);
console.log(
  problems.length ? `${problems.length} imports break the order of ARCHITECTURE.md` : 'all imports follow the order of ARCHITECTURE.md',
);
process.exitCode = problems.length ? 1 : 0;

/** Files that a file imports, of its own package. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b[^'"]*?\bfrom '(\.[^']+)'|^import '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm,
  );
  return Array.from(found, ([, named, bare, lazy]) => join(dirname(file), named ?? bare ?? (lazy as string)));
}

function arrowsAgainstTheOrder(): string[] {
  return Object.entries(order).flatMap(([folder, rows]) => {
    const rooms = rows.flatMap((row, floor) => row.map((room) => ({ room: `${folder}/${room}`, floor })));
    /** The room of a file; of nested rooms the innermost. */
    const roomOf = (file: string) =>
      rooms.filter(({ room }) => file === room || file.startsWith(`${room}/`)).sort((a, b) => b.room.length - a.room.length)[0];
    return globSync(`${folder}/**/*.ts`)
      .filter((file) => !outside.test(file))
      .flatMap((file) => {
        const from = roomOf(file);
        if (!from) return [`${file}: is in no room of scripts/check-arrows.ts; add its folder there`];
        return importsOf(file).flatMap((imported) => {
          const to = roomOf(imported);
          const fine = to && !outside.test(imported) && (to.room === from.room || to.floor < from.floor);
          return fine || !imported.endsWith('.ts') ? [] : [`${file} → ${imported}: breaks the order of ${folder}`];
        });
      });
  });
}

function probesOfBiome(): string[] {
  const wrong: [room: string, imported: string][] = [
    ['packages/kernels/src', '@tensorflow/tfjs-core'],
    ['packages/artifact/src', 'node:fs'],
    ['packages/text/src', '@unroll/model/model.ts'],
    ['packages/schema/src', '@unroll/text/tokenizer.ts'],
    ['packages/model/src', 'node:fs'],
    ['packages/model/src/layers', '@unroll/backend/wasm.ts'],
    ['packages/model/src', '@unroll/train/train.ts'],
    ['packages/ops/src', '@unroll/model/model.ts'],
    ['packages/model/src', '@unroll/backend/wasm.ts'],
    ['packages/backend/src', '@unroll/model/model.ts'],
    ['packages/backend/src', 'node:fs'],
    ['packages/datasets/src', '@unroll/model/model.ts'],
    ['packages/api/src', 'cloudflare:workers'],
    ['packages/api/src', '@unroll/edge/app.ts'],
    ['packages/client/src', '@unroll/model/model.ts'],
    ['packages/mpi/src', '@unroll/model/model.ts'],
    ['packages/backend/src', '@unroll/mpi/mpi.ts'],
    ['apps/train/src', '@unroll/edge/app.ts'],
    ['apps/edge/src/routes', '@unroll/datasets/split.ts'],
    ['apps/edge/src', 'node:fs'],
    ['apps/bench/src', '@unroll/train/train.ts'],
  ];
  const right: typeof wrong = [
    ['packages/model/src', '@unroll/text/tokenizer.ts'],
    ['packages/model/src/cells', '@unroll/ops/recurrent-op.ts'],
    ['packages/backend/src', '@unroll/ops/recurrent-op.ts'],
    ['packages/artifact/src', '@unroll/schema/numbers.ts'],
    ['packages/backend/src', '@unroll/kernels/kernels.ts'],
    ['packages/datasets/src', 'node:fs'],
    ['packages/api/src', '@unroll/model/tasks/registry.ts'],
    ['packages/client/src', '@unroll/api/endpoints.ts'],
    ['apps/edge/src', '@unroll/model/model.ts'],
    ['packages/mpi/src', 'node:os'],
    ['apps/train/src', '@unroll/datasets/split.ts'],
  ];
  return [
    ...wrong.filter(([room, imported]) => allows(room, imported)).map(([room, imported]) => `${room} → ${imported}: biome allows it`),
    ...right.filter(([room, imported]) => !allows(room, imported)).map(([room, imported]) => `${room} → ${imported}: biome refuses it`),
  ];
}

/** Whether the linter lets a file of the room import that. */
function allows(room: string, imported: string): boolean {
  const file = `${room}/arrow-probe.ts`;
  writeFileSync(file, `import { probe } from '${imported}';\n\nexport const seen = probe;\n`);
  const { status } = spawnSync('biome', ['lint', '--only=style/noRestrictedImports', file], { encoding: 'utf8' });
  rmSync(file);
  return status === 0;
}

/** Proves that the linter would fail on each arrow of ARCHITECTURE.md that runs the wrong way, and on no right one. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

const wrong: [room: string, imported: string][] = [
  ['packages/kernels/src', '@tensorflow/tfjs-core'],
  ['packages/artifact/src', 'node:fs'],
  ['packages/text/src', '@unroll/model/model.ts'],
  ['packages/schema/src', '@unroll/text/tokenizer.ts'],
  ['packages/model/src', 'node:fs'],
  ['packages/model/src/layers', '@unroll/backend/wasm.ts'],
  ['packages/model/src', '@unroll/train/train.ts'],
  ['packages/backend/src', '@unroll/model/model.ts'],
  ['packages/backend/src', 'node:fs'],
  ['packages/datasets/src', '@unroll/model/model.ts'],
  ['packages/api/src', 'cloudflare:workers'],
  ['packages/api/src', '@unroll/edge/app.ts'],
  ['packages/client/src', '@unroll/model/model.ts'],
  ['apps/train/src', '@unroll/edge/app.ts'],
  ['apps/edge/src/routes', '@unroll/datasets/split.ts'],
  ['apps/edge/src', 'node:fs'],
  ['apps/bench/src', '@unroll/train/train.ts'],
];
const right: typeof wrong = [
  ['packages/model/src', '@unroll/text/tokenizer.ts'],
  ['packages/artifact/src', '@unroll/schema/numbers.ts'],
  ['packages/backend/src', '@unroll/kernels/kernels.ts'],
  ['packages/datasets/src', 'node:fs'],
  ['packages/api/src', '@unroll/model/tasks/registry.ts'],
  ['packages/client/src', '@unroll/api/endpoints.ts'],
  ['apps/edge/src', '@unroll/model/model.ts'],
  ['apps/train/src', '@unroll/datasets/split.ts'],
];

let failures = 0;
for (const [expected, arrows] of [
  ['refused', wrong],
  ['allowed', right],
] as const) {
  for (const [room, imported] of arrows) {
    const file = `${room}/arrow-probe.ts`;
    writeFileSync(file, `import { probe } from '${imported}';\n\nexport const seen = probe;\n`);
    const { status, stdout, stderr } = spawnSync('biome', ['lint', '--only=style/noRestrictedImports', file], { encoding: 'utf8' });
    rmSync(file);
    const actual = status === 0 ? 'allowed' : 'refused';
    if (actual === expected) continue;
    failures++;
    console.error(`${room} → ${imported}: expected to be ${expected}, was ${actual}\n${stdout}${stderr}`);
  }
}
console.log(`${wrong.length + right.length - failures} of ${wrong.length + right.length} arrows as ARCHITECTURE.md has them`);
process.exitCode = failures ? 1 : 0;

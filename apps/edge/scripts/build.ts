/** Builds dist/assets (the public files), dist/built-in (the models in models/), dist/worker (the bundle that `wrangler deploy` uploads) and dist/self-hosted. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EXAMPLE_DIGEST } from '@unroll/api/names.ts';
import { openApiDocument } from '@unroll/api/openapi.ts';
import { buildSync } from 'esbuild';
import { bundleWorker, writeBuiltInModels } from './bundle.ts';
import { writeExamples } from './examples.ts';
import { buildSelfHosted } from './self-hosted/build.ts';

const root = join(import.meta.dirname, '..');
const assets = join(root, 'dist/assets');
/** The package modules that the page imports, so that it reads tables as in training. */
const libraries = {
  'tables.js': `export { csvRows, separatorOf } from '@unroll/datasets/csv.ts';
    export { isMissingNumber } from '@unroll/datasets/missing-words.ts';
    export { notationOf, numberProblem, readNumber } from '@unroll/datasets/number-notation.ts';
    export { readTimes } from '@unroll/datasets/times.ts';`,
  'uplot.js': "export { default } from 'uplot'",
};
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

rmSync(assets, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
cpSync(join(root, 'public'), assets, { recursive: true, filter: (path) => !path.endsWith('tsconfig.json') });
const require = createRequire(import.meta.url);
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) cpSync(join(swagger, file), join(assets, 'docs', file));
cpSync(require.resolve('uplot/dist/uPlot.min.css'), join(assets, 'lib/uplot.css'));
for (const [file, contents] of Object.entries(libraries)) {
  const outfile = join(assets, 'lib', file);
  buildSync({ stdin: { contents, resolveDir: root }, outfile, bundle: true, minify: true, format: 'esm' });
}
writeExamples(join(assets, 'examples'));

const builtIn = join(root, 'dist/built-in');
const indexes = await writeBuiltInModels(join(root, 'models'), builtIn);
const digest = indexes.find(({ name }) => name === 'sentiment')?.versions[0]?.digest ?? EXAMPLE_DIGEST;
const document = JSON.stringify(openApiDocument(version), null, 2);
writeFileSync(join(assets, 'openapi.json'), document.replaceAll(EXAMPLE_DIGEST, digest));
bundleWorker(builtIn, join(root, 'dist/worker'));
await buildSelfHosted(join(root, 'dist'));

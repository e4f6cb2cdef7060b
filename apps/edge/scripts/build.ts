/** Builds dist/assets (the public files), dist/built-in (the models in models/) and dist/worker (the bundle that `wrangler deploy` uploads). */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openApiDocument } from '@unroll/api/openapi.ts';
import { buildSync } from 'esbuild';
import { bundleWorker, writeBuiltInModels } from './bundle.ts';
import { writeExamples } from './examples.ts';

const root = join(import.meta.dirname, '..');
const assets = join(root, 'dist/assets');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

rmSync(assets, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
cpSync(join(root, 'public'), assets, { recursive: true, filter: (path) => !path.endsWith('tsconfig.json') });
const require = createRequire(import.meta.url);
const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
const uplot = dirname(require.resolve('uplot/package.json'));
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) cpSync(join(swagger, file), join(assets, 'docs', file));
for (const file of ['uPlot.esm.js', 'uPlot.min.css']) cpSync(join(uplot, 'dist', file), join(assets, file));
buildSync({
  stdin: { contents: "export { parse } from 'csv-parse/browser/esm/sync'", resolveDir: root },
  bundle: true,
  minify: true,
  format: 'esm',
  outfile: join(assets, 'csv-parse.js'),
});
writeExamples(join(assets, 'examples'));
writeFileSync(join(assets, 'openapi.json'), JSON.stringify(openApiDocument(version), null, 2));

const builtIn = join(root, 'dist/built-in');
await writeBuiltInModels(join(root, 'models'), builtIn);
bundleWorker(builtIn, join(root, 'dist/worker'));

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { npmPackage, peerCache, pythonEnvironment } from '../contestants.ts';
import { benchModel, STEPS, UNITS, VOCABULARY } from './bench-model.ts';
import { bundleWorker } from './workerd.ts';

const workers = join(import.meta.dirname, 'workers');
const edge = dirname(createRequire(import.meta.url).resolve('@unroll/edge/package.json'));

/** Directories of bundled Workers, each ready for workerd. */
export interface Contestants {
  ours: string;
  /** The same Worker with 14-bit activations. */
  ours14: string;
  tfjs: string;
  /** Undefined if it cannot be built; `skipped` gives the reason. */
  onnxruntime: string | undefined;
  empty: string;
  /** The edge app as deployed, with the built-in model bench and without static `assets`. */
  app: string;
  /** The same with the built-in models large-1, large-2 and large-3. */
  largeApp: string;
  assets: string;
  skipped: string[];
}

/** Models of the edge app that take about 2 MB each. */
export const LARGE = ['large-1', 'large-2', 'large-3'];
const LARGE_EMBEDDING = 200;

/** Builds every Worker of the suite into a scratch directory. */
export async function buildContestants(scratch: string): Promise<Contestants> {
  rmSync(scratch, { recursive: true, force: true });
  const at = (name: string) => join(scratch, name);
  const { bytes, floats, order } = await benchModel('bench', 1);
  for (const name of ['ours', 'ours14', 'tfjs', 'empty', 'assets', 'models', 'large-models']) mkdirSync(at(name), { recursive: true });
  const weights = Buffer.concat(order.map((name) => Buffer.from((floats[name] as Float32Array).buffer)));
  writeFileSync(join(at('ours'), 'model.bin'), bytes);
  writeFileSync(join(at('tfjs'), 'weights.bin'), weights);
  writeFileSync(join(at('ours14'), 'model.bin'), (await benchModel('bench', 1, { bits: 14 })).bytes);
  await bundleWorker(join(workers, 'ours.ts'), at('ours14'));
  for (const name of ['ours', 'tfjs', 'empty']) await bundleWorker(join(workers, `${name}.ts`), at(name));
  writeFileSync(join(at('models'), 'bench.safetensors'), bytes);
  for (const [i, name] of LARGE.entries()) {
    const large = await benchModel(name, i + 2, { embedding: LARGE_EMBEDDING });
    writeFileSync(join(at('large-models'), `${name}.safetensors`), large.bytes);
  }
  bundleApp(at('models'), at('app'));
  bundleApp(at('large-models'), at('large-app'));

  const skipped: string[] = [];
  let onnxruntime: string | undefined;
  try {
    onnxruntime = await buildOnnxruntime(at('onnxruntime'), join(at('tfjs'), 'weights.bin'));
  } catch (error) {
    skipped.push(`onnxruntime-web skipped: ${(error as Error).message.split('\n')[0]}`);
  }
  return {
    ours: at('ours'),
    ours14: at('ours14'),
    tfjs: at('tfjs'),
    onnxruntime,
    empty: at('empty'),
    app: at('app'),
    largeApp: at('large-app'),
    assets: at('assets'),
    skipped,
  };
}

/** Bundles the edge app with the models of a folder built in. */
function bundleApp(models: string, out: string): void {
  execFileSync(process.execPath, [join(edge, 'scripts/bundle.ts'), '--models', models, '--out', out], { stdio: 'pipe' });
}

async function buildOnnxruntime(directory: string, weights: string): Promise<string> {
  const packages = join(npmPackage('onnxruntime-web', '1.30'), 'node_modules');
  const built = join(packages, 'onnxruntime-web/dist');
  mkdirSync(directory, { recursive: true });
  const sizes = [VOCABULARY, UNITS, STEPS].map(String);
  execFileSync(
    pythonEnvironment(),
    ['-P', join(import.meta.dirname, 'make_edge_onnx.py'), weights, join(directory, 'model.onnx'), ...sizes],
    { stdio: 'pipe' },
  );
  await bundleWorker(join(workers, 'onnxruntime.ts'), directory, [packages]);
  for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']) copyFileSync(join(built, file), join(directory, file));
  copyFileSync(join(workers, 'onnxruntime-glue.mjs'), join(directory, 'onnxruntime-glue.mjs'));
  return directory;
}

/** The bytes of a directory's script and WASM, each compressed as for upload. */
export function gzippedBytes(directory: string): number {
  const files = readdirSync(directory).filter((name) => /\.(js|mjs|wasm)$/.test(name));
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(directory, name)), { level: 9 }).length, 0);
}

/** The suite's build folder. */
export const scratchDirectory = () => {
  if (!existsSync(join(edge, 'dist/worker'))) throw new Error('bench: the edge app is not built; run: npm run build');
  return join(peerCache, 'edge');
};

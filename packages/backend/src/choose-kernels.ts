import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd, type KernelMode, kernelModes } from '@unroll/kernels/modes.ts';
import { createProbe, type Probe } from '@unroll/kernels/probe.ts';

export interface KernelChoice {
  mode: KernelMode;
  /** In words, for people. */
  reason: string;
  module: WebAssembly.Module;
}

/** How much faster than `relaxed` the revectorized kernels must be on the probe to be taken. */
const LEAST_GAIN = 1.1;
const WARM_UP_MS = 50;

let chosen: KernelChoice | undefined;

/**
 * The fastest kernels that this process can trust, settled once. The environment variable UNROLL_KERNELS (simd, relaxed or
 * revectorized) forces a mode; a mode that cannot run here, or that fails its probe, is not taken even then.
 * @throws if UNROLL_KERNELS names no mode, or the kernels have not been built.
 */
export function chooseKernels(): KernelChoice {
  chosen ??= choose(forcedMode());
  return chosen;
}

function forcedMode(): KernelMode | undefined {
  const name = process.env.UNROLL_KERNELS;
  if (!name || name === 'auto') return undefined;
  const mode = kernelModes.find((each) => each === name);
  if (!mode) throw new Error(`UNROLL_KERNELS: expected auto, ${kernelModes.join(', ')}; got '${name}'`);
  return mode;
}

function choose(forced: KernelMode | undefined): KernelChoice {
  const wish = forced ? 'forced' : 'chosen';
  if (forced === 'simd') return { mode: 'simd', reason: 'forced', module: compileKernels('simd') };
  if (!hasRelaxedSimd()) {
    return {
      mode: 'simd',
      reason: `${forced ? `${forced} was wanted, but ` : ''}this engine knows no relaxed SIMD`,
      module: compileKernels('simd'),
    };
  }
  const relaxed = compileKernels('relaxed');
  const stay = (reason: string): KernelChoice => ({ mode: 'relaxed', reason, module: relaxed });
  if (forced === 'relaxed') return stay('forced');

  const obstacle = revectorizeObstacle();
  if (obstacle) return stay(`fused multiply-add; not revectorized: ${obstacle}`);
  const relaxedProbe = createProbe(relaxed);
  const relaxedBits = relaxedProbe.run();
  const relaxedTime = optimizedTime(relaxedProbe);
  // Before this module's bytes are first compiled, and, if it stays, for good: optimized code is made later.
  setFlagsFromString('--experimental-wasm-revectorize');
  const module = compileKernels('revectorized');
  const probe = createProbe(module);
  const gain = relaxedTime / optimizedTime(probe);
  const bits = probe.run();
  const isRight = bits.length === relaxedBits.length && bits.every((value, i) => value === relaxedBits[i]);
  if (isRight && (gain >= LEAST_GAIN || forced)) {
    return { mode: 'revectorized', reason: `${wish}: 256-bit vectors, ${gain.toFixed(1)}x relaxed on the probe, same bits`, module };
  }
  setFlagsFromString('--no-experimental-wasm-revectorize');
  if (!isRight) return stay('fused multiply-add; the revectorized kernels gave other bits on the probe and are not used');
  return stay(`fused multiply-add; revectorized kernels are ${gain.toFixed(2)}x as fast here, under ${LEAST_GAIN}x`);
}

/** Milliseconds of the probe's product once V8 has optimized it, which it does in the background. */
function optimizedTime(probe: Probe): number {
  for (const until = performance.now() + WARM_UP_MS; performance.now() < until; ) probe.run();
  const times = Array.from({ length: 15 }, () => probe.time());
  return times.sort((x, y) => x - y)[7] as number;
}

/** Why V8's revectorizer cannot help here, if it cannot. */
function revectorizeObstacle(): string | undefined {
  if (Number(process.versions.node.split('.')[0]) < 24) return `needs Node 24, this is ${process.versions.node}`;
  if (process.arch !== 'x64') return `needs AVX2, this is ${process.arch}`;
  return undefined;
}

/** @throws if the build does not exist. */
export function compileKernels(mode: KernelMode): WebAssembly.Module {
  return compileFile(`@unroll/kernels/${mode}.wasm`);
}

/** Compiles a WASM file that a package exports. */
export function compileFile(specifier: string): WebAssembly.Module {
  const path = createRequire(import.meta.url).resolve(specifier);
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch (cause) {
    throw new Error(`backend: cannot load ${path}; build it with: npm run build`, { cause });
  }
}

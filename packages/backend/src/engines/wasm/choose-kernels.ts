import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd, type KernelMode, kernelModes } from '@unroll/kernels/modes.ts';
import { createProbe, type Probe } from '@unroll/kernels/probe.ts';

export interface KernelChoice {
  mode: KernelMode;
  /** Why, in words. */
  reason: string;
  module: WebAssembly.Module;
}

/** How much faster than `relaxed` the revectorized kernels must be on the probe to be chosen. */
const LEAST_GAIN = 1.1;
const WARM_UP_MS = 50;

let chosen: KernelChoice | undefined;
let forced: KernelMode | 'auto' | undefined;

/**
 * The fastest kernels that this process can trust, chosen once. `forceKernels`, or else the environment variable UNROLL_KERNELS, names
 * the mode. A mode that cannot run here, or that fails its probe, gives way to one that can.
 * @throws if UNROLL_KERNELS is not a mode, or the kernels have not been built.
 */
export function chooseKernels(): KernelChoice {
  chosen ??= choose(forcedMode());
  return chosen;
}

/** Makes this process run the kernels of a mode, or of the probe's mode ('auto'). @throws if the kernels are already chosen. */
export function forceKernels(mode: KernelMode | 'auto'): void {
  if (chosen) throw new Error(`backend: the kernels are chosen already (${chosen.mode}); force others before the first use`);
  forced = mode;
}

function forcedMode(): KernelMode | undefined {
  const name = forced ?? process.env.UNROLL_KERNELS;
  if (!name || name === 'auto') return undefined;
  const mode = kernelModes.find((each) => each === name);
  if (!mode) throw new Error(`UNROLL_KERNELS: expected auto, ${kernelModes.join(', ')}; got '${name}'`);
  return mode;
}

function choose(wanted: KernelMode | undefined): KernelChoice {
  const how = wanted ? 'forced' : 'chosen';
  if (wanted === 'simd') return { mode: 'simd', reason: 'forced', module: compileKernels('simd') };
  if (!hasRelaxedSimd()) {
    return {
      mode: 'simd',
      reason: `${wanted ? `${wanted} was asked for, but ` : ''}this engine does not support relaxed SIMD`,
      module: compileKernels('simd'),
    };
  }
  const relaxed = compileKernels('relaxed');
  const stay = (reason: string): KernelChoice => ({ mode: 'relaxed', reason, module: relaxed });
  if (wanted === 'relaxed') return stay('forced');

  const obstacle = revectorizeObstacle();
  if (obstacle) return stay(`fused multiply-add; not revectorized: ${obstacle}`);
  const relaxedProbe = createProbe(relaxed);
  const relaxedBits = relaxedProbe.run();
  const relaxedTime = optimizedTime(relaxedProbe);
  // The flag must be set before these bytes are first compiled, and stay set: V8 makes the optimized code later.
  setFlagsFromString('--experimental-wasm-revectorize');
  const module = compileKernels('revectorized');
  const probe = createProbe(module);
  const gain = relaxedTime / optimizedTime(probe);
  const bits = probe.run();
  const isRight = bits.length === relaxedBits.length && bits.every((value, i) => value === relaxedBits[i]);
  if (isRight && (gain >= LEAST_GAIN || wanted)) {
    return { mode: 'revectorized', reason: `${how}: 256-bit vectors, ${gain.toFixed(1)}x relaxed on the probe, same bits`, module };
  }
  setFlagsFromString('--no-experimental-wasm-revectorize');
  if (!isRight) return stay('fused multiply-add; the revectorized kernels gave other bits on the probe');
  return stay(`fused multiply-add; revectorized kernels are ${gain.toFixed(2)}x as fast here, under ${LEAST_GAIN}x`);
}

/** Milliseconds of the probe's product once V8 has optimized it, which it does in the background. */
function optimizedTime(probe: Probe): number {
  for (const until = performance.now() + WARM_UP_MS; performance.now() < until; ) probe.run();
  const times = Array.from({ length: 15 }, () => probe.time());
  return times.sort((x, y) => x - y)[7] as number;
}

/** The reason why V8's revectorizer cannot run here; undefined if it can. */
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

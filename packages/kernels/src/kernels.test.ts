import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builds, bytesOf, hasKernel, moduleOf, runBoth, runKernel, worstExcess } from '../testing/run-entry.ts';
import { testArithmetic } from './arithmetic.ts';
import { forEachKernel } from './entries/registry.ts';
import { instantiateKernels } from './instantiate.ts';
import { hasRelaxedSimd, type KernelMode, kernelModes } from './modes.ts';
import { createProbe } from './probe.ts';

describe.each(builds)('%s build', (build) => {
  test('has no memory and no data, so it works on any heap', () => {
    const module = new WebAssembly.Module(bytesOf(build));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(sectionIds(bytesOf(build))).not.toContain(11);
  });

  forEachKernel((entry) => {
    if (!hasKernel(build, entry.name)) return;
    test.each(entry.sizes.map((size) => [JSON.stringify(size), size] as const))(`${entry.label ?? entry.name} %s`, (_, size) => {
      const { outputs, damaged, untouched } = runBoth(entry, build, size, 1);
      expect(damaged).toEqual([]);
      expect(untouched).toBe(true);
      for (const output of outputs) expect(worstExcess(output, entry.bound(size)), output.name).toBeLessThanOrEqual(1);
    });
  });
});

test('gemm agrees with its twin at random sizes', () => {
  forEachKernel((entry) => {
    if (entry.name !== 'gemm') return;
    const dimension = fc.integer({ min: 1, max: 40 });
    const size = fc.record({
      M: dimension,
      N: dimension,
      K: fc.integer({ min: 1, max: 300 }),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      bias: fc.boolean(),
    });
    fc.assert(
      fc.property(size, fc.nat(1000), (drawn, seed) => {
        const { outputs, damaged } = runBoth(entry, 'relaxed', drawn as never, seed);
        expect(damaged).toEqual([]);
        for (const output of outputs) expect(worstExcess(output, { terms: drawn.K + 1 })).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });
});

test('recurrent kernels agree with their twins at random sizes and masks, and stay within their buffers', () => {
  const dimension = fc.integer({ min: 1, max: 9 });
  const size = fc.record({
    B: dimension,
    T: dimension,
    I: dimension,
    H: fc.integer({ min: 1, max: 20 }),
    initial: fc.boolean(),
    mask: fc.constantFrom('none', 'any', 'right'),
    drop: fc.boolean(),
    reverse: fc.boolean(),
    bias: fc.boolean(),
  });
  forEachKernel((entry) => {
    if (entry.name !== 'recurrentForward' || entry.label?.includes('int8')) return;
    fc.assert(
      fc.property(size, fc.constantFrom(...kernelModes), fc.nat(1000), (drawn, mode, seed) => {
        const { outputs, damaged, untouched } = runBoth(entry, mode, drawn as never, seed);
        expect(damaged).toEqual([]);
        expect(untouched).toBe(true);
        for (const output of outputs) expect(worstExcess(output, entry.bound(drawn as never)), output.name).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });
});

test('this engine runs every build', () => {
  expect(hasRelaxedSimd()).toBe(true);
  for (const mode of kernelModes) expect(WebAssembly.validate(bytesOf(mode)), mode).toBe(true);
});

test('the builds with fused multiply-add agree to the bit', () => {
  const bits = (mode: KernelMode) => createProbe(new WebAssembly.Module(bytesOf(mode))).run();
  expect(bits('revectorized')).toEqual(bits('relaxed'));
  expect(bits('simd')).not.toEqual(bits('relaxed'));
});

test.each([14, 7])('integer products on %i-bit activations are equal in every build', (bits) => {
  forEachKernel((entry) => {
    if (entry.label !== `matMulInt8, ${bits}-bit activations`) return;
    for (const size of entry.sizes) {
      // With a bias a fused multiply-add would round once less.
      const bias = entry.operands(size).findIndex(({ name }) => name === 'bias');
      const withoutBias = {
        ...entry,
        call: ((kernels, drawn, pointers) => entry.call(kernels, drawn, pointers.with(bias, 0))) as typeof entry.call,
      };
      const products = builds.map((build) => runKernel(withoutBias, build, size, 1).c);
      for (const product of products) expect(product).toEqual(products[0]);
    }
  });
});

test.each(builds)('%s: every arithmetic that a model file can name is right', (build) => {
  expect(testArithmetic(moduleOf(build))).toEqual({ float32: true, '14-bit': true, '7-bit': true });
});

test('the build for serving runs forward as the relaxed one does, and refuses to train', () => {
  const kernels = (name: string) =>
    instantiateKernels(
      new WebAssembly.Module(readFileSync(new URL(`../dist/${name}.wasm`, import.meta.url))),
      new WebAssembly.Memory({ initial: 1 }),
      0,
    );
  expect(kernels('serving').gemmWorkspaceBytes(3, 4, 5, false)).toBe(kernels('relaxed').gemmWorkspaceBytes(3, 4, 5, false));
  expect(() => kernels('serving').recurrentBackwardWorkspaceBytes(3, 1, 1, 1, 1)).toThrow(
    "'recurrentBackwardWorkspaceBytes' is for training",
  );
});

test('an id or label outside its range is reported, not read', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(moduleOf('relaxed'), memory, 1024);
  for (const wrong of [-1, 3, 2 ** 31 - 1]) {
    new Int32Array(memory.buffer, 64, 4).set([0, 2, wrong, 1]);
    expect(kernels.gather(4, 2, 3, 128, 64, 256)).toBe(2);
    expect(
      kernels.softmaxCrossEntropy({ n: 4, C: 3, logits: 128, labels: 64, margins: 256, sums: 320, gradient: 384, workspace: 512 }),
    ).toBe(2);
  }
});

test('a foreign module is refused by name', () => {
  const empty = new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  expect(() => instantiateKernels(empty, new WebAssembly.Memory({ initial: 1 }), 0)).toThrow("no export 'gemm'");
});

/** The ids of a module's sections; 11 is data. Section sizes are LEB128. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++] ?? 0);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}

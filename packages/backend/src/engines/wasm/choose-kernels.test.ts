/** Each choice runs in its own process, because V8's flags apply to a whole process. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const script = (prelude: string) => `
  const { chooseKernels, forceKernels } = await import(${JSON.stringify(new URL('./choose-kernels.ts', import.meta.url).href)});
  ${prelude}
  const { mode, reason } = chooseKernels();
  console.log(JSON.stringify({ mode, reason }));
`;

function chooseIn(kernels: string, flags: readonly string[] = [], prelude = ''): { mode: string; reason: string } {
  const env = { ...process.env, UNROLL_KERNELS: kernels };
  return JSON.parse(execFileSync(process.execPath, [...flags, '--input-type=module', '-e', script(prelude)], { env, encoding: 'utf8' }));
}

test('a forced mode overrides UNROLL_KERNELS, and is an error once a mode is chosen', () => {
  expect(chooseIn('relaxed', [], "forceKernels('simd');")).toEqual({ mode: 'simd', reason: 'forced' });
  expect(chooseIn('simd', [], "forceKernels('auto');").mode).not.toBe('simd');
  expect(() => chooseIn('relaxed', [], "chooseKernels(); forceKernels('simd');")).toThrow('the kernels are chosen already (relaxed)');
});

test.each(['simd', 'relaxed'])('%s runs when forced', (mode) => {
  expect(chooseIn(mode)).toEqual({ mode, reason: 'forced' });
});

test('revectorized runs when forced, where the CPU has AVX2, and gives the same bits', () => {
  const { mode, reason } = chooseIn('revectorized');
  if (process.arch === 'x64') expect(reason).toMatch(/^forced: 256-bit vectors, [\d.]+x relaxed on the probe, same bits$/);
  expect(mode).toBe(process.arch === 'x64' ? 'revectorized' : 'relaxed');
});

test('by default it reports its choice and the reason', () => {
  const { mode, reason } = chooseIn('auto');
  expect(['relaxed', 'revectorized']).toContain(mode);
  expect(reason).toMatch(mode === 'revectorized' ? /^chosen: 256-bit/ : /^fused multiply-add; /);
});

test('an engine without relaxed SIMD gets the plain build, for any forced mode', () => {
  const withoutRelaxed = (kernels: string) => {
    const hide = 'data:text/javascript,WebAssembly.validate = () => false';
    return chooseIn(kernels, ['--import', hide]);
  };
  expect(withoutRelaxed('auto')).toEqual({ mode: 'simd', reason: 'this engine does not support relaxed SIMD' });
  expect(withoutRelaxed('relaxed')).toEqual({
    mode: 'simd',
    reason: 'relaxed was asked for, but this engine does not support relaxed SIMD',
  });
});

test('no such mode', () => {
  expect(() => chooseIn('avx')).toThrow("UNROLL_KERNELS: expected auto, simd, relaxed, revectorized; got 'avx'");
});

/**
 * The ways to run the kernels, slowest first. Each is a build. `simd` runs in any engine. `relaxed` uses fused multiply-add
 * (relaxed SIMD: V8 >= 11.4, Firefox >= 145, workerd). `revectorized` is laid out for V8's revectorizer, which joins neighbouring
 * 128-bit vectors into 256-bit AVX2 (Node >= 24 with a flag); without that flag it is slower than `relaxed`.
 */
export const kernelModes = ['simd', 'relaxed', 'revectorized'] as const;
export type KernelMode = (typeof kernelModes)[number];

/** (module (func (result v128) (f32x4.relaxed_madd (v128.const 0) (v128.const 0) (v128.const 0)))), assembled. */
const relaxedModule = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x3d, 0x01, 0x3b, 0x00],
  ...[0xfd, 0x0c, ...new Array<number>(16).fill(0)],
  ...[0xfd, 0x0c, ...new Array<number>(16).fill(0)],
  ...[0xfd, 0x0c, ...new Array<number>(16).fill(0)],
  ...[0xfd, 0x85, 0x02],
  0x0b,
]);

/** Whether this engine supports relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedModule);
}

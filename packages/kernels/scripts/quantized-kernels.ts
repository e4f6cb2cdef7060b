/**
 * Writes the integer micro-kernels: a tile multiplies rows of quantized activations by panels of eight int8 columns, whose
 * sums stay in registers, and scales them to float32 at the end (assembly/quantized.ts has the layouts).
 */

/** How activations are stored: int16, or uint8 for the relaxed dot. */
type Operand = 'words' | 'bytes';

/** Rows x panels of a tile: 8 vectors of sums. */
const shapes = [
  [4, 1],
  [2, 2],
  [2, 1],
  [1, 4],
  [1, 1],
] as const;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function tile(operand: Operand, rows: number, panels: number): string {
  const vectors = range(panels).flatMap((panel) => range(2).map((half) => ({ name: `${panel}${half ? 'h' : 'l'}`, panel, half })));
  const terms = operand === 'words' ? 2 : 4;
  const weights = (v: (typeof vectors)[number]) =>
    operand === 'words' ? `v128.load_ext<i8>(b${v.panel}, ${v.half * 8})` : `v128.load(b${v.panel}, ${v.half * 16})`;
  const c = (r: number, v: { name: string }) => `c${r}_${v.name}`;
  const start = (v: (typeof vectors)[number]) =>
    operand === 'bytes' ? `v128.load(offsets, ${v.panel * 32 + v.half * 16})` : 'i32x4.splat(0)';
  const dot = (r: number, v: { name: string }) =>
    operand === 'words'
      ? `i32x4.add(${c(r, v)}, i32x4.dot_i16x8_s(w${v.name}, a${r}))`
      : `i32x4.relaxed_dot_i8x16_i7x16_add_s(w${v.name}, a${r}, ${c(r, v)})`;
  const at = (v: (typeof vectors)[number]) => v.panel * 32 + v.half * 16;
  return `
function ${operand}Tile${rows}x${panels}(b: usize, bAdvance: usize, scales: usize, offsets: usize, a: usize, aStride: usize, rowScales: usize, c0: usize, c0Stride: usize, c: usize, cStride: usize, terms: i32): void {
${range(rows)
  .map((r) => `  let ${vectors.map((v) => `${c(r, v)} = ${start(v)}`).join(', ')};`)
  .join('\n')}
${range(panels)
  .map((p) => `  let b${p} = b + ${p} * bAdvance;`)
  .join('\n')}
  for (; terms > 0; terms -= ${terms}) {
    const ${vectors.map((v) => `w${v.name} = ${weights(v)}`).join(', ')};
${range(rows)
  .map((r) => `    const a${r} = v128.load_splat<i32>(a + ${r} * aStride); ${vectors.map((v) => `${c(r, v)} = ${dot(r, v)};`).join(' ')}`)
  .join('\n')}
    ${range(panels)
      .map((p) => `b${p} += ${8 * terms};`)
      .join(' ')} a += 4;
  }
${range(rows)
  .map(
    (r) => `  const s${r} = v128.load_splat<f32>(rowScales, ${r * 4});
${vectors.map((v) => `  const y${r}_${v.name} = multiplyAdd(f32x4.convert_i32x4_s(${c(r, v)}), f32x4.mul(s${r}, v128.load(scales, ${at(v)})), v128.load(c0, ${at(v)}));`).join('\n')}
${vectors.map((v) => `  v128.store(c, y${r}_${v.name}, ${at(v)});`).join('\n')}
  c0 += c0Stride; c += cStride;`,
  )
  .join('\n')}
}
`;
}

/** AssemblyScript source of the integer tiles, which follows that of the float tiles. Without relaxed SIMD there are no byte tiles. */
export function quantizedKernels(relaxed: boolean): string {
  const call = 'b, bAdvance, scales, offsets, a, aStride, rowScales, c0, c0Stride, c, cStride, terms';
  const dispatch = (operand: Operand) =>
    shapes
      .map(([rows, panels]) => `    if (rows == ${rows} && panels == ${panels}) { ${operand}Tile${rows}x${panels}(${call}); return; }`)
      .join('\n');
  return `
${shapes.map(([rows, panels]) => tile('words', rows, panels)).join('')}
${relaxed ? shapes.map(([rows, panels]) => tile('bytes', rows, panels)).join('') : ''}
/** Rows of the next tile when \`left\` are left. */
export function quantizedTileRows(left: i32): i32 {
  return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/** Panels that a tile takes at once in a product of M rows. */
export function quantizedTilePanels(M: i32): i32 {
  return M == 1 ? 4 : M == 2 ? 2 : 1;
}

/** \`panels\` of B, bAdvance bytes apart, times \`rows\` rows of A: words if \`wide\`, else bytes. */
export function quantizedTile(wide: bool, rows: i32, panels: i32, b: usize, bAdvance: usize, scales: usize, offsets: usize, a: usize, aStride: usize, rowScales: usize, c0: usize, c0Stride: usize, c: usize, cStride: usize, terms: i32): void {
  if (wide) {
${dispatch('words')}
  }${
    relaxed
      ? ` else {
${dispatch('bytes')}
  }`
      : ''
  }
}
`;
}

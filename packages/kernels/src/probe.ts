import { cellNumbers } from './cell-numbers.ts';
import { instantiateKernels } from './instantiate.ts';

/** A fixed small problem on a build's kernels. */
export interface Probe {
  /** The bits of all results: a product, and an LSTM's outputs and gradients. */
  run(): Uint32Array;
  /** Milliseconds of one product of 96 x 96 x 96. */
  time(): number;
}

const product = 96;
const size = { B: 7, T: 5, I: 19, H: 33 };
const { B, T, I, H } = size;

/** A probe of a build, on its own memory. */
export function createProbe(module: WebAssembly.Module): Probe {
  const memory = new WebAssembly.Memory({ initial: 64 });
  const descriptor = 64;
  const kernels = instantiateKernels(module, memory, descriptor);
  let top = 1024;
  const allocate = (floats: number) => {
    const pointer = top;
    top += Math.ceil(floats / 16) * 64;
    return pointer;
  };
  const wave = (floats: number, scale = 1) => {
    const pointer = allocate(floats);
    new Float32Array(memory.buffer, pointer, floats).set(
      Float32Array.from({ length: floats }, (_, i) => Math.sin(i * 0.7 + floats) * scale),
    );
    return pointer;
  };

  const [a, b, x, w, u] = [wave(product ** 2), wave(product ** 2), wave(B * T * I), wave(I * 4 * H, 0.2), wave(H * 4 * H, 0.2)];
  const [bias, dY] = [wave(4 * H), wave(B * T * H)];
  const lstm = cellNumbers.lstm;
  const saved = allocate(kernels.recurrentSavedFloats(lstm, B, T, H, false));
  const workspace = allocate(
    Math.max(
      kernels.gemmWorkspaceBytes(product, product, product, false),
      kernels.recurrentForwardWorkspaceBytes({ cell: lstm, ...size, saves: true }),
      kernels.recurrentBackwardWorkspaceBytes(lstm, B, T, I, H),
    ) / 4,
  );
  const results = top;
  const c = allocate(product ** 2);
  const [y, h, cell] = [allocate(B * T * H), allocate(B * H), allocate(B * H)];
  const [dx, dw, du, dBias] = [allocate(B * T * I), allocate(I * 4 * H), allocate(H * 4 * H), allocate(4 * H)];
  const [dh0, dc0] = [allocate(B * H), allocate(B * H)];
  if (top > memory.buffer.byteLength) throw new Error(`kernels: the probe needs ${top} bytes`);

  const multiply = () => kernels.gemm({ M: product, N: product, K: product, a, b, c, workspace });
  return {
    run() {
      multiply();
      kernels.recurrentForward({ cell: lstm, ...size, x, w, u, bias, y, lastH: h, lastC: cell, saved, workspace });
      const outputs = { dY, dLastH: h, dLastC: cell };
      kernels.recurrentBackward({ cell: lstm, ...size, x, w, u, saved, ...outputs, dx, dw, du, dBias, dh0, dc0, workspace });
      return new Uint32Array(memory.buffer.slice(results, top));
    },
    time() {
      const started = performance.now();
      multiply();
      return performance.now() - started;
    },
  };
}

/** The bare kernels, without tfjs, in the mode of UNROLL_KERNELS. */
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import type { KernelEntry, Operand } from '@unroll/kernels/entries/entry.ts';
import { forEachKernel } from '@unroll/kernels/entries/registry.ts';
import { instantiateKernels } from '@unroll/kernels/instantiate.ts';
import { serveCases, type Work } from '../serve.ts';

const { module } = chooseKernels();

await serveCases(({ cell }) => {
  let work: Work | undefined;
  forEachKernel((entry) => {
    if ((entry.label ?? entry.name) === cell) work = workOf(entry);
  });
  if (!work) throw new Error(`unknown kernel '${cell}'`);
  return work;
});

function workOf<S>(entry: KernelEntry<S>): Work {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(module, memory, 64);
  const { typical } = entry;
  const operands = entry.operands(typical);
  let top = 1024;
  const allocate = (bytes: number) => {
    const pointer = top;
    top += Math.ceil(bytes / 64) * 64;
    return pointer;
  };
  const pointers = operands.map(({ length }) => allocate(length * 4));
  const workspace = allocate(entry.workspaceBytes(kernels, typical));
  memory.grow(Math.ceil(top / 65_536));
  for (const [i, operand] of operands.entries()) if (operand.role === 'in') fill(operand, memory, pointers[i] as number);
  return () => entry.call(kernels, typical, [...pointers, workspace]);
}

function fill(operand: Operand, { buffer }: WebAssembly.Memory, pointer: number): void {
  const { length } = operand;
  const random = (scale: number) => Float32Array.from({ length }, () => (Math.random() * 2 - 1) * scale);
  const { type } = operand;
  if (type === 'f32') new Float32Array(buffer, pointer, length).set(random(operand.scale ?? 1));
  else if (type === 'scales') new Float32Array(buffer, pointer, length).fill(operand.scale ?? 0.005);
  else if (type === 'int8') new Int8Array(buffer, pointer, length).set(random(127));
  else if (type === 'mask') new Uint8Array(buffer, pointer, length).fill(1);
  else if (operand.type === 'ids' || operand.type === 'labels') {
    const [from, to] = operand.type === 'labels' ? [operand.from ?? 0, operand.limit] : [0, operand.limit];
    new Int32Array(buffer, pointer, length).set(random(0.5).map((value) => from + Math.floor((value + 0.5) * (to - from))));
  }
}

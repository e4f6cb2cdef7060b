import type { Engine, TensorflowSetup } from '../../engine.ts';

export async function startTensorflow({ folder }: TensorflowSetup): Promise<Engine> {
  throw new Error(`the tensorflow engine in ${folder} cannot run: it is of a later version of Unroll`);
}

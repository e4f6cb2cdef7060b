import type { Engine, TensorflowSetup } from '../../engine.ts';
import { loadTensorflow } from './binding.ts';
import { createBlockWay } from './block-way.ts';
import { registerCrossEntropy } from './cross-entropy.ts';
import { createCudnnWay } from './cudnn-way.ts';
import { createGraphWay } from './graph-way.ts';
import { registerRecurrent } from './recurrent.ts';

/**
 * Starts TensorFlow as tfjs's backend in this thread, with the recurrent ops and the cross-entropy of packages/ops.
 * @throws if the folder does not hold it, it does not load, or it does not find the device.
 */
export async function startTensorflow({ folder, package: packageName, device, recurrent = 'auto' }: TensorflowSetup): Promise<Engine> {
  const tensorflow = await loadTensorflow(folder, packageName);
  const { version, gpu } = tensorflow;
  if (device === 'gpu' && !gpu) {
    throw new Error(
      `tensorflow: asked for a GPU, but TensorFlow ${version} in ${folder} finds none. Check that nvidia-smi lists the GPU and that ` +
        'CUDA_VISIBLE_DEVICES does not hide it',
    );
  }
  const graph = createGraphWay(tensorflow);
  registerRecurrent(tensorflow, { block: createBlockWay(tensorflow, graph), cudnn: createCudnnWay(tensorflow), graph }, recurrent);
  registerCrossEntropy(tensorflow, gpu);
  return {
    name: 'tensorflow',
    describe: () => `TensorFlow ${version} on a ${gpu ? 'GPU' : 'CPU'} through ${packageName}`,
    handles: tensorflow.handles,
    stop: tensorflow.stop,
  };
}

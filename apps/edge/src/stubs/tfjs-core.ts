/** tfjs-core without its optimizers, which its own entry point registers by being imported. */
import '@tensorflow/tfjs-core/dist/base_side_effects.js';

export * from '@tensorflow/tfjs-core/dist/base.js';

export * from './serving';
export { softmaxCrossEntropy, softmaxCrossEntropyWorkspaceBytes } from './cross-entropy';
export { layerNormBackward } from './layer-norm';
export { recurrentBackward, recurrentBackwardWorkspaceBytes } from './recurrent-backward';
export { segmentSum } from './segment-sum';

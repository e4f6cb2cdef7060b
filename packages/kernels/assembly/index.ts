export * from './serving';
export { conv1dBackward, conv1dBackwardWorkspaceBytes } from './conv1d-backward';
export { crfBackward, crfBackwardWorkspaceBytes } from './crf-backward';
export { crfForward, crfForwardWorkspaceBytes, crfSavedFloats } from './crf-forward';
export { ctc, ctcWorkspaceBytes } from './ctc';
export { softmaxCrossEntropy, softmaxCrossEntropyWorkspaceBytes } from './cross-entropy';
export { layerNormBackward } from './layer-norm';
export { recurrentBackward, recurrentBackwardWorkspaceBytes } from './recurrent-backward';
export { segmentSum } from './segment-sum';

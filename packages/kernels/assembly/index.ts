export * from './serving';
export { softmaxCrossEntropy } from './cross-entropy';
export { recurrentBackward, recurrentBackwardWorkspaceBytes } from './recurrent-backward';
export { segmentSum } from './segment-sum';

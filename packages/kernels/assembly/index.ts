export * from './serving';
export { recurrentBackward, recurrentBackwardWorkspaceBytes } from './recurrent-backward';
export { segmentSum } from './segment-sum';

export { gemm, gemmWorkspaceBytes } from './gemm';
export { lstmBackward, lstmBackwardWorkspaceBytes, lstmForward, lstmForwardWorkspaceBytes, lstmSavedFloats } from './lstm';
export { segmentSum } from './segment-sum';

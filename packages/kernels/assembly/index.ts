export { gemm, gemmWorkspaceBytes } from './gemm';
export { gruBackward, gruBackwardWorkspaceBytes, gruForward, gruForwardWorkspaceBytes, gruSavedFloats } from './gru';
export { lstmBackward, lstmBackwardWorkspaceBytes, lstmForward, lstmForwardWorkspaceBytes, lstmSavedFloats } from './lstm';
export { rnnBackward, rnnBackwardWorkspaceBytes, rnnForward, rnnForwardWorkspaceBytes, rnnSavedFloats } from './rnn';
export { segmentSum } from './segment-sum';

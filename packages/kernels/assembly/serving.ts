export { gather } from './gather';
export { gemm, gemmWorkspaceBytes } from './gemm';
export { recurrentForward, recurrentForwardWorkspaceBytes, recurrentSavedFloats } from './recurrent-forward';

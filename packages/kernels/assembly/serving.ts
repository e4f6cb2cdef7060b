export { columnSums } from './column-sums';
export { conv1dForward, conv1dForwardWorkspaceBytes } from './conv1d-forward';
export { gather } from './gather';
export { gemm, gemmWorkspaceBytes } from './gemm';
export { layerNormForward } from './layer-norm';
export { recurrentForward, recurrentForwardWorkspaceBytes, recurrentSavedFloats } from './recurrent-forward';
export { gatherInt8, matMulInt8, matMulInt8WorkspaceBytes, packedInt8Bytes, packInt8 } from './quantized';

export { gemm, gemmWorkspaceBytes } from './gemm';
export { segmentSum } from './segment-sum';

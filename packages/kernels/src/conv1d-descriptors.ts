/** B sequences of T steps of C channels, to `steps` steps of F filters. The assembly reads it as the start of each conv1d descriptor. */
const conv1dSize = {
  B: 'i32',
  T: 'i32',
  C: 'i32',
  F: 'i32',
  kernelSize: 'i32',
  strides: 'i32',
  /** 1 unless strides is 1. */
  dilationRate: 'i32',
  /** Divides C and F. */
  groups: 'i32',
  /** Steps of zeros before the first. */
  before: 'i32',
  /** Steps of y. */
  steps: 'i32',
} as const;

/** The arguments of the kernels of convolution, for descriptors.ts. */
export const conv1dDescriptors = {
  /** What the scratch memory of conv1dForward depends on. */
  conv1dForwardWorkspaceBytes: { ...conv1dSize, int8: 'flag' },
  /** y = x * w + bias; steps outside x, and those of the mask, are zeros. */
  conv1dForward: {
    ...conv1dSize,
    /** w is packed by packInt8 as [kernelSize·C/groups, F] with a gate for each group. */
    int8: 'flag',
    /** [B,T,C] */
    x: 'pointer',
    /** [kernelSize,C/groups,F] */
    w: 'pointer',
    /** [F] */
    bias: 'pointer?',
    /** uint8 [B,T]; 0 marks a step that is read as zeros. */
    mask: 'pointer?',
    /** int32 [B]: `before` of each sequence, where they differ. */
    befores: 'pointer?',
    /** [B,steps,F] */
    y: 'pointer',
    workspace: 'pointer',
  },
  /** What the scratch memory of conv1dBackward depends on. */
  conv1dBackwardWorkspaceBytes: conv1dSize,
  /** dy [B,steps,F] to dx [B,T,C], dw [kernelSize,C/groups,F] and dBias [F]. */
  conv1dBackward: {
    ...conv1dSize,
    x: 'pointer',
    w: 'pointer',
    mask: 'pointer?',
    befores: 'pointer?',
    dy: 'pointer',
    dx: 'pointer',
    dw: 'pointer',
    dBias: 'pointer?',
    workspace: 'pointer',
  },
} as const;

import { conv1dDescriptors } from './conv1d-descriptors.ts';
import { labelSequenceDescriptors } from './label-sequence-descriptors.ts';

/**
 * Fields take four bytes each. A pointer is a byte offset into the kernels' memory; with a question mark it may be left out, which
 * is the null pointer. A flag left out is false, and 'f32?' is 0.
 */
type FieldType = 'i32' | 'f32' | 'f32?' | 'flag' | 'pointer' | 'pointer?';

/**
 * The arguments of every kernel with more than six, by name, in memory order. instantiate.ts writes them. scripts/build.ts generates
 * assembly/generated/descriptors.ts from them; the kernels read its classes.
 * Arrays are float32 unless said otherwise, row-major and contiguous; sizes are in elements.
 */
export const descriptors = {
  /** C[M,N] = op(A)·op(B) + bias. A is [M,K] ([K,M] if transposeA), B [K,N] ([N,K] if transposeB), bias [N]. */
  gemm: {
    M: 'i32',
    N: 'i32',
    K: 'i32',
    a: 'pointer',
    transposeA: 'flag',
    b: 'pointer',
    transposeB: 'flag',
    bias: 'pointer?',
    c: 'pointer',
    workspace: 'pointer',
  },
  /** out [n,D] = the int8 rows of table [S,D], times their scale [S], that n int32 ids name. */
  gatherInt8: { n: 'i32', D: 'i32', S: 'i32', table: 'pointer', scales: 'pointer', ids: 'pointer', out: 'pointer' },
  /** int8 values [K,gates·H] with scales [gates·H], packed at `to` for products with rows quantized to `bits` (14 or 7). */
  packInt8: { K: 'i32', gates: 'i32', H: 'i32', bits: 'i32', values: 'pointer', scales: 'pointer', to: 'pointer' },
  /** C[M,N] = A[M,K]·B + bias, B packed by packInt8 as one gate; bias [N]. */
  matMulInt8: {
    M: 'i32',
    N: 'i32',
    K: 'i32',
    a: 'pointer',
    b: 'pointer',
    bias: 'pointer?',
    c: 'pointer',
    workspace: 'pointer',
  },
  /** n rows of C logits and their int32 labels to margins [n], sums [n] and gradient [n,C]. */
  softmaxCrossEntropy: {
    n: 'i32',
    C: 'i32',
    logits: 'pointer',
    labels: 'pointer',
    margins: 'pointer',
    sums: 'pointer',
    gradient: 'pointer',
    workspace: 'pointer',
  },
  ...labelSequenceDescriptors,
  /** x [n,D]; gamma and beta [D]; y [n,D]. The gradient needs normalized [n,D] and inverse [n]. */
  layerNormForward: {
    n: 'i32',
    D: 'i32',
    x: 'pointer',
    gamma: 'pointer?',
    beta: 'pointer?',
    epsilon: 'f32',
    y: 'pointer',
    normalized: 'pointer',
    inverse: 'pointer',
  },
  /** dy [n,D] to dx [n,D], dGamma and dBeta [D]; scratch is [D]. */
  layerNormBackward: {
    n: 'i32',
    D: 'i32',
    gamma: 'pointer?',
    normalized: 'pointer',
    inverse: 'pointer',
    dy: 'pointer',
    dx: 'pointer',
    dGamma: 'pointer',
    dBeta: 'pointer',
    scratch: 'pointer',
  },
  ...conv1dDescriptors,
  /** What the scratch memory of recurrentForward depends on. */
  recurrentForwardWorkspaceBytes: {
    cell: 'i32',
    B: 'i32',
    T: 'i32',
    I: 'i32',
    H: 'i32',
    drop: 'flag',
    saves: 'flag',
    int8: 'flag',
  },
  /** A recurrent layer over B sequences of T steps of I features, H units and G gates. */
  recurrentForward: {
    /** One of cellNumbers: LSTM has gates i, f, g, o; GRU z, r, h. */
    cell: 'i32',
    B: 'i32',
    T: 'i32',
    I: 'i32',
    H: 'i32',
    /** Not 0: gates are hardSigmoid·x + 0.5 within [0, 1]. 0: gates are sigmoids. */
    hardSigmoid: 'f32?',
    /** w and u are packed by packInt8 with G gates. */
    int8: 'flag',
    /** Reads x and mask from the last step to the first. */
    reverse: 'flag',
    /** [B,T,I] */
    x: 'pointer',
    /** [I,G·H] */
    w: 'pointer',
    /** [H,G·H] */
    u: 'pointer',
    /** [G·H] of x·W. */
    bias: 'pointer?',
    /** [G·H] of h·U (gruResetAfter alone). */
    recurrentBias: 'pointer?',
    /** [B,H] each, zeros if left out. */
    h0: 'pointer?',
    c0: 'pointer?',
    /**
     * uint8 [B,T]. 0 marks a padded step, which costs nothing: the state stays, and the output before it is repeated
     * (zeros at the first).
     */
    mask: 'pointer?',
    /** [B,H] factors on the previous output in h·U (variational dropout). */
    drop: 'pointer?',
    /** [B,T,H] outputs in the order of running. */
    y: 'pointer?',
    /** [B,H] final states. */
    lastH: 'pointer?',
    lastC: 'pointer?',
    /** What recurrentBackward needs. */
    saved: 'pointer?',
    workspace: 'pointer',
  },
  /** The gradients of recurrentForward from those of y, lastH and lastC (zeros if left out). */
  recurrentBackward: {
    cell: 'i32',
    B: 'i32',
    T: 'i32',
    I: 'i32',
    H: 'i32',
    hardSigmoid: 'f32?',
    reverse: 'flag',
    x: 'pointer',
    w: 'pointer',
    u: 'pointer',
    mask: 'pointer?',
    drop: 'pointer?',
    saved: 'pointer',
    dY: 'pointer?',
    dLastH: 'pointer?',
    dLastC: 'pointer?',
    /** [B,T,I] */
    dx: 'pointer',
    /** [I,G·H] */
    dw: 'pointer',
    /** [H,G·H] */
    du: 'pointer',
    /** [G·H] each. */
    dBias: 'pointer?',
    dRecurrentBias: 'pointer?',
    /** [B,H] each. */
    dh0: 'pointer?',
    dc0: 'pointer?',
    workspace: 'pointer',
  },
} as const satisfies Record<string, Fields>;

export type DescribedKernel = keyof typeof descriptors;

type Fields = Record<string, FieldType>;
type OptionalField<F extends Fields> = { [Name in keyof F]: F[Name] extends 'flag' | 'f32?' | 'pointer?' ? Name : never }[keyof F];
type ValueOf<Type> = Type extends 'flag' ? boolean : number;
type Values<F extends Fields> = { [Name in Exclude<keyof F, OptionalField<F>>]: ValueOf<F[Name]> } & {
  [Name in OptionalField<F>]?: ValueOf<F[Name]>;
};

/** A kernel's arguments by name. */
export type Arguments<Kernel extends DescribedKernel> = Values<(typeof descriptors)[Kernel]>;

/** Room for the arguments of any kernel. */
export const descriptorBytes = 4 * Math.max(...Object.values(descriptors).map((fields) => Object.keys(fields).length));

/** A function that writes a kernel's arguments at `address`, a multiple of four. */
export function descriptorWriter<Kernel extends DescribedKernel>(
  kernel: Kernel,
  memory: WebAssembly.Memory,
  address: number,
): (args: Arguments<Kernel>) => void {
  const names = Object.keys(descriptors[kernel]);
  const isFloat = Object.values<FieldType>(descriptors[kernel]).map((type) => type === 'f32' || type === 'f32?');
  let integers = new Int32Array(memory.buffer, address, names.length);
  let floats = new Float32Array(memory.buffer, address, names.length);
  return (args) => {
    // Memory that grows detaches its views.
    if (integers.length === 0) {
      integers = new Int32Array(memory.buffer, address, names.length);
      floats = new Float32Array(memory.buffer, address, names.length);
    }
    const values: Record<string, number | boolean | undefined> = args;
    for (let i = 0; i < names.length; i++) {
      const value = Number(values[names[i] as string] ?? 0);
      if (isFloat[i]) floats[i] = value;
      else integers[i] = value;
    }
  };
}

/** AssemblyScript classes with these fields, named as the kernels with Arguments behind. */
export function descriptorClasses(): string {
  const types = { i32: 'i32', f32: 'f32', 'f32?': 'f32', flag: 'i32', pointer: 'usize', 'pointer?': 'usize' };
  const classes = Object.entries(descriptors).map(([kernel, fields]) => {
    const lines = Object.entries(fields).map(([name, type]) => `  ${name}: ${types[type]};`);
    return `@unmanaged\nexport class ${kernel[0]?.toUpperCase()}${kernel.slice(1)}Arguments {\n${lines.join('\n')}\n}\n`;
  });
  return `// Generated from src/descriptors.ts; do not edit.\n${classes.join('\n')}`;
}

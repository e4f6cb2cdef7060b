/** B label sequences of T steps under a linear-chain CRF over L labels. Scores of -Infinity are forbidden. */
const crf = {
  B: 'i32',
  T: 'i32',
  L: 'i32',
  /** int32 [B,T] */
  labels: 'pointer',
  /** uint8 [B,T]. 0 marks a padded step, which does not count: the steps around it are neighbours. */
  mask: 'pointer?',
  /** [L,L] scores from label j to label k. */
  transitions: 'pointer',
  /** [L] each. */
  start: 'pointer',
  end: 'pointer',
  /** [B] */
  losses: 'pointer',
  /** What crfForward leaves for crfBackward. */
  saved: 'pointer',
} as const;

/** The arguments of the kernels of CTC and CRF, for descriptors.ts. */
export const labelSequenceDescriptors = {
  /** The negative log-likelihood of the labels; emissions are [B,T,L]. */
  crfForward: { ...crf, emissions: 'pointer', workspace: 'pointer' },
  /** The gradients of crfForward from those of the losses. */
  crfBackward: {
    ...crf,
    /** [B] */
    dLosses: 'pointer',
    /** [B,T,L] */
    dEmissions: 'pointer',
    /** [L,L] */
    dTransitions: 'pointer',
    /** [L] each. */
    dStart: 'pointer',
    dEnd: 'pointer',
    workspace: 'pointer',
  },
  /** The CTC loss of B sequences of up to T frames of L logits, each against up to S labels. Arrays of lengths and labels are int32. */
  ctc: {
    B: 'i32',
    T: 'i32',
    L: 'i32',
    S: 'i32',
    /** The label that stands for none, within [0,L). */
    blank: 'i32',
    /** [B,T,L] */
    logits: 'pointer',
    /** [B] real frames of each sequence. */
    frames: 'pointer',
    /** [B,S] labels within [0,L), none of them the blank. */
    targets: 'pointer',
    /** [B] real labels of each target. */
    targetLengths: 'pointer',
    /** [B] */
    losses: 'pointer',
    /** [B,T,L] of each sequence's own loss. */
    gradient: 'pointer?',
    workspace: 'pointer',
  },
} as const;

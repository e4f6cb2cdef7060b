/** The tags of our messages. Messages of one sender and tag arrive in the order of their sends; MPI allows tags up to 32767. */
export const tags = {
  forward: 1,
  addend: 2,
  valueLength: 3,
  value: 4,
  array: 5,
  numbers: 6,
  beat: 7,
  total: 8,
  probe: 9,
  /** Returned parts may be received in any order, so each has its own. */
  back: (part: number) => 1024 + (part % 16384),
} as const;

export interface Conv1dSize {
  B: number;
  T: number;
  C: number;
  F: number;
  kernelSize: number;
  strides: number;
  dilationRate: number;
  groups: number;
  before: number;
  /** `before` of each sequence, where they differ. */
  befores?: ArrayLike<number>;
  steps: number;
}

/** The window of the padded x that step t of a group's filters reads: [kernelSize·channels]. */
export function windowOf(size: Conv1dSize, x: ArrayLike<number>, isReal: (b: number, t: number) => boolean) {
  const { T, C, kernelSize, strides, dilationRate, groups, before, befores } = size;
  const channels = C / groups;
  return (b: number, t: number, group: number): { value: number; at: number | undefined }[] =>
    Array.from({ length: kernelSize * channels }, (_, i) => {
      const from = t * strides + Math.floor(i / channels) * dilationRate - (befores?.[b] ?? before);
      const at = (b * T + from) * C + group * channels + (i % channels);
      const isThere = from >= 0 && from < T && isReal(b, from);
      return isThere ? { value: x[at] as number, at } : { value: 0, at: undefined };
    });
}

/** Calls `visit` with each output's index, its filter's column in w [kernelSize·channels, F], and its window. */
export function forEachOutput(
  size: Conv1dSize,
  windows: ReturnType<typeof windowOf>,
  visit: (y: number, f: number, window: ReturnType<ReturnType<typeof windowOf>>) => void,
): void {
  const { B, F, groups, steps } = size;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < steps; t++) {
      for (let group = 0; group < groups; group++) {
        const window = windows(b, t, group);
        for (let f = (group * F) / groups; f < ((group + 1) * F) / groups; f++) visit((b * steps + t) * F + f, f, window);
      }
    }
  }
}

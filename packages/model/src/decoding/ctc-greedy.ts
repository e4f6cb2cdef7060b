/** The labels that a path spells: neighbours that are equal count once, and blanks not at all (Graves et al., 2006). */
export function collapse(path: readonly number[], blank: number): number[] {
  return path.filter((label, t) => label !== blank && label !== path[t - 1]);
}

/**
 * The labels of the most probable path. Its labels are not always the most probable ones, since many paths can spell the same:
 * `prefixBeamSearch` adds them up.
 * @param frames [T, labels] logits or log-probabilities, row by row.
 */
export function greedyCtc(frames: ArrayLike<number>, labels: number, blank: number): number[] {
  const path = Array.from({ length: frames.length / labels }, (_, t) => {
    let best = 0;
    for (let k = 1; k < labels; k++) if ((frames[t * labels + k] as number) > (frames[t * labels + best] as number)) best = k;
    return best;
  });
  return collapse(path, blank);
}

import { type ClassCounts, type ClassScores, scoresOfCounts } from './metrics.ts';

/**
 * The scores of all classes as one, as scikit-learn averages them: the mean over classes (macro), over classes by their support (weighted),
 * or of the counts of all classes together (micro). Classes that are neither answered nor true do not count.
 */
export function averageScores(counts: readonly ClassCounts[], average: 'macro' | 'micro' | 'weighted'): ClassScores {
  const seen = counts.filter(({ answered, support }) => answered + support > 0);
  const total = (of: (count: ClassCounts) => number) => seen.reduce((sum, count) => sum + of(count), 0);
  const support = total((count) => count.support);
  if (average === 'micro') return scoresOfCounts({ hits: total(({ hits }) => hits), answered: total(({ answered }) => answered), support });
  const weightOf = (count: ClassCounts) => (average === 'macro' ? 1 / seen.length : count.support / support);
  const mean = (key: 'precision' | 'recall' | 'f1') =>
    total((count) => (support > 0 || average === 'macro' ? weightOf(count) : 0) * scoresOfCounts(count)[key]);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support };
}

import { logAdd, logSumExp } from './log-space.ts';

export interface BeamOptions {
  /** The label that stands for none. */
  blank: number;
  /** Prefixes that are kept after each frame. */
  beamWidth: number;
  /** Hypotheses to return, at most beamWidth. 1 by default. */
  nBest?: number;
  languageModel?: LanguageModel;
  /** Added to the score for each label: it balances the language model, which prefers short outputs. 0 by default. */
  lengthBonus?: number;
}

export interface LanguageModel {
  /** The log-probability of each label after a prefix, indexed by label. Called once for each prefix. */
  next(prefix: readonly number[]): ArrayLike<number>;
  /** The weight of these log-probabilities. */
  weight: number;
}

export interface Hypothesis {
  labels: number[];
  /** What hypotheses are ranked by: logProbability + weight · language model + lengthBonus · labels. */
  score: number;
  /** log P(labels | frames), summed over the paths that the beam kept. */
  logProbability: number;
}

/**
 * The best label sequences by prefix beam search (Hannun et al., 2014, algorithm 1), best first. With a beam that holds every prefix the
 * probabilities are exact.
 * @param logits [T, labels], row by row; logarithms of probabilities will do.
 */
export function prefixBeamSearch(logits: ArrayLike<number>, labels: number, options: BeamOptions): Hypothesis[] {
  const { beamWidth, nBest = 1 } = options;
  if (!Number.isInteger(beamWidth) || beamWidth < 1) throw new Error(`ctc: expected a beamWidth of at least 1, got ${beamWidth}`);
  if (!Number.isInteger(nBest) || nBest < 1 || nBest > beamWidth) {
    throw new Error(`ctc: expected nBest from 1 to the beamWidth, ${beamWidth}, got ${nBest}`);
  }
  const root = createPrefix(undefined, -1, 0);
  root.endsInBlank = 0;
  let beam = [root];
  for (let t = 0; t < logits.length / labels; t++) {
    const frame = Array.from({ length: labels }, (_, k) => logits[t * labels + k] as number);
    const normalizer = logSumExp(frame);
    const reached = extend(
      beam,
      frame.map((value) => value - normalizer),
      options,
    );
    beam = keepBest(reached, beam, beamWidth, options);
  }
  return beam
    .slice(0, nBest)
    .map((prefix) => ({ labels: labelsOf(prefix), score: scoreOf(prefix, options), logProbability: totalOf(prefix) }));
}

/** A prefix of labels as a node of a tree, so that paths which spell the same meet. Probabilities are logarithms. */
interface Prefix {
  before: Prefix | undefined;
  label: number;
  length: number;
  /** Of the paths so far that spell it, by whether their last frame is the blank. */
  endsInBlank: number;
  endsInLabel: number;
  /** The same after the frame that is being read. */
  nextInBlank: number;
  nextInLabel: number;
  /** The language model's log-probability of the prefix, times its weight. */
  languageModel: number;
  children: Map<number, Prefix>;
  /** The language model's answer for the label after. */
  following: ArrayLike<number> | undefined;
}

const ZERO = Number.NEGATIVE_INFINITY;

function createPrefix(before: Prefix | undefined, label: number, languageModel: number): Prefix {
  const probabilities = { endsInBlank: ZERO, endsInLabel: ZERO, nextInBlank: ZERO, nextInLabel: ZERO };
  const length = before ? before.length + 1 : 0;
  return { before, label, length, ...probabilities, languageModel, children: new Map(), following: undefined };
}

/** Reads a frame: every prefix stays, or gets a label more. Returns the prefixes that were reached. */
function extend(beam: readonly Prefix[], frame: readonly number[], { blank, languageModel }: BeamOptions): Set<Prefix> {
  const reached = new Set<Prefix>();
  for (const prefix of beam) {
    const total = totalOf(prefix);
    for (const [label, probability] of frame.entries()) {
      if (probability === ZERO) continue;
      if (label === blank) {
        prefix.nextInBlank = logAdd(prefix.nextInBlank, total + probability);
        reached.add(prefix);
        continue;
      }
      // A label after itself without a blank between is the same label.
      const isRepeat = label === prefix.label;
      if (isRepeat) {
        prefix.nextInLabel = logAdd(prefix.nextInLabel, prefix.endsInLabel + probability);
        reached.add(prefix);
      }
      const before = isRepeat ? prefix.endsInBlank : total;
      if (before === ZERO) continue;
      const child = childOf(prefix, label, languageModel);
      child.nextInLabel = logAdd(child.nextInLabel, before + probability);
      reached.add(child);
    }
  }
  return reached;
}

function childOf(prefix: Prefix, label: number, model: LanguageModel | undefined): Prefix {
  const known = prefix.children.get(label);
  if (known) return known;
  if (model) prefix.following ??= model.next(labelsOf(prefix));
  const child = createPrefix(prefix, label, prefix.languageModel + (model ? model.weight * (prefix.following?.[label] as number) : 0));
  prefix.children.set(label, child);
  return child;
}

/** Moves on to the next frame with the best of the prefixes that were reached; the others become impossible. */
function keepBest(reached: Set<Prefix>, last: readonly Prefix[], beamWidth: number, options: BeamOptions): Prefix[] {
  for (const prefix of new Set([...last, ...reached])) {
    prefix.endsInBlank = prefix.nextInBlank;
    prefix.endsInLabel = prefix.nextInLabel;
    prefix.nextInBlank = ZERO;
    prefix.nextInLabel = ZERO;
  }
  const ranked = Array.from(reached, (prefix) => ({ prefix, score: scoreOf(prefix, options) })).sort((a, b) => b.score - a.score);
  for (const { prefix } of ranked.slice(beamWidth)) {
    prefix.endsInBlank = ZERO;
    prefix.endsInLabel = ZERO;
    // One with children stays in the tree: they would be reached a second time under another node.
    if (prefix.children.size === 0) prefix.before?.children.delete(prefix.label);
  }
  return ranked.slice(0, beamWidth).map(({ prefix }) => prefix);
}

const totalOf = ({ endsInBlank, endsInLabel }: Prefix) => logAdd(endsInBlank, endsInLabel);

function scoreOf(prefix: Prefix, { lengthBonus = 0 }: BeamOptions): number {
  return totalOf(prefix) + prefix.languageModel + lengthBonus * prefix.length;
}

function labelsOf(prefix: Prefix): number[] {
  const labels: number[] = [];
  for (let node = prefix; node.before; node = node.before) labels.unshift(node.label);
  return labels;
}

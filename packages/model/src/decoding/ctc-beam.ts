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
  let beam: Prefix[] = [emptyPrefix()];
  const frame = new Float64Array(labels);
  for (let t = 0; t < logits.length / labels; t++) {
    for (let k = 0; k < labels; k++) frame[k] = logits[t * labels + k] as number;
    const normalizer = logSumExp(frame);
    for (let k = 0; k < labels; k++) frame[k] = (frame[k] as number) - normalizer;
    beam = nextBeam(beam, frame, options);
  }
  return beam
    .slice(0, nBest)
    .map((prefix) => ({ labels: labelsOf(prefix), score: scoreOf(prefix, options), logProbability: prefix.total }));
}

const ZERO = Number.NEGATIVE_INFINITY;

/** A prefix of labels as a node of a tree, so that paths which spell the same meet. Probabilities are logarithms. */
interface Prefix {
  before: Prefix | undefined;
  label: number;
  length: number;
  /** Of the paths so far that spell it: those whose last frame is the blank, the others, and both. */
  endsInBlank: number;
  endsInLabel: number;
  total: number;
  /** The language model's log-probability of the prefix, times its weight. */
  languageModel: number;
  /** The language model's answer for the label after. */
  following: ArrayLike<number> | undefined;
  children: Map<number, Prefix>;
  isInBeam: boolean;
}

/** A prefix that may be in the next beam: one that stays, or one of the beam with a label more. */
interface Candidate {
  score: number;
  prefix: Prefix;
  /** The label to append, or -1. */
  label: number;
  endsInBlank: number;
  endsInLabel: number;
}

function emptyPrefix(): Prefix {
  const probabilities = { endsInBlank: 0, endsInLabel: ZERO, total: 0 };
  const node = { before: undefined, label: -1, length: 0, children: new Map<number, Prefix>(), isInBeam: true };
  return { ...node, ...probabilities, languageModel: 0, following: undefined };
}

/** The beam after a frame, best first. */
function nextBeam(beam: readonly Prefix[], frame: Float64Array, options: BeamOptions): Prefix[] {
  const candidates = beam.map((prefix) => stay(prefix, frame, options));
  // As many prefixes as the beam holds stay: a longer one must beat the worst of them.
  const least = beam.length < options.beamWidth ? ZERO : candidates.reduce((worst, { score }) => Math.min(worst, score), 0);
  for (const prefix of beam) extend(prefix, frame, options, least, candidates);
  const kept = candidates
    .filter(({ score }) => score > ZERO)
    .sort((a, b) => b.score - a.score)
    .slice(0, options.beamWidth);

  // Nodes change only now: until here the tree is that of the frame before.
  const next = kept.map((candidate) => ({ candidate, prefix: candidate.label < 0 ? candidate.prefix : childOf(candidate, options) }));
  for (const prefix of beam) prefix.isInBeam = false;
  for (const { candidate, prefix } of next) {
    prefix.isInBeam = true;
    prefix.endsInBlank = candidate.endsInBlank;
    prefix.endsInLabel = candidate.endsInLabel;
    prefix.total = logAdd(candidate.endsInBlank, candidate.endsInLabel);
  }
  for (const prefix of beam) {
    // One with children stays in the tree: they would be reached a second time under another node.
    if (!prefix.isInBeam && prefix.children.size === 0) prefix.before?.children.delete(prefix.label);
  }
  return next.map(({ prefix }) => prefix);
}

/** The prefix without a label more: the frame is a blank, its last label again, or that label after the prefix before it. */
function stay(prefix: Prefix, frame: Float64Array, options: BeamOptions): Candidate {
  const { before, label } = prefix;
  const endsInBlank = prefix.total + (frame[options.blank] as number);
  const again = label < 0 ? ZERO : prefix.endsInLabel + (frame[label] as number);
  const endsInLabel = before?.isInBeam ? logAdd(again, appended(before, label, frame)) : again;
  const score = logAdd(endsInBlank, endsInLabel) + bonusOf(prefix, options);
  return { score, prefix, label: -1, endsInBlank, endsInLabel };
}

/** Adds the prefixes with a label more that are not in the beam yet and score above `least`. */
function extend(prefix: Prefix, frame: Float64Array, options: BeamOptions, least: number, candidates: Candidate[]): void {
  const { languageModel: model, lengthBonus = 0 } = options;
  if (model) prefix.following ??= model.next(labelsOf(prefix));
  const bonus = bonusOf(prefix, options) + lengthBonus;
  for (let label = 0; label < frame.length; label++) {
    if (label === options.blank) continue;
    const endsInLabel = appended(prefix, label, frame);
    const score = endsInLabel + bonus + (model ? model.weight * (prefix.following?.[label] as number) : 0);
    if (score <= least || prefix.children.get(label)?.isInBeam) continue;
    candidates.push({ score, prefix, label, endsInBlank: ZERO, endsInLabel });
  }
}

/** Of the paths that spell `prefix`, and `label` in this frame. After the same label only those that end in a blank spell it twice. */
function appended({ label: last, endsInBlank, total }: Prefix, label: number, frame: Float64Array): number {
  return (label === last ? endsInBlank : total) + (frame[label] as number);
}

function childOf({ prefix, label }: Candidate, { languageModel: model }: BeamOptions): Prefix {
  const known = prefix.children.get(label);
  if (known) return known;
  const languageModel = prefix.languageModel + (model ? model.weight * (prefix.following?.[label] as number) : 0);
  const child = { ...emptyPrefix(), before: prefix, label, length: prefix.length + 1, languageModel };
  prefix.children.set(label, child);
  return child;
}

/** What the score adds to the log-probability. */
const bonusOf = (prefix: Prefix, { lengthBonus = 0 }: BeamOptions) => prefix.languageModel + lengthBonus * prefix.length;

const scoreOf = (prefix: Prefix, options: BeamOptions) => prefix.total + bonusOf(prefix, options);

function labelsOf(prefix: Prefix): number[] {
  const labels: number[] = [];
  for (let node = prefix; node.before; node = node.before) labels.push(node.label);
  return labels.reverse();
}

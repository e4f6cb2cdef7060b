export interface BeamOptions {
  /** Sentences. */
  batch: number;
  /** Hypotheses kept of each sentence; 1 is greedy search. */
  beam: number;
  /** The most tokens of a hypothesis, its end not counted. */
  maxLength: number;
  /** The token that ends a hypothesis. */
  end: number;
  /**
   * α of the length penalty ((5 + length) / 6)^α, by which log-probabilities are divided; 0 prefers short hypotheses, above 1 long ones
   * (Wu et al., 2016, Google's Neural Machine Translation System).
   */
  lengthPenalty?: number;
  /** Tokens that never occur, such as padding. */
  forbidden?: readonly number[];
  /** Hypotheses given back of each sentence, at most `beam`. */
  nBest?: number;
}

export interface Hypothesis {
  /** Without the end token. */
  tokens: number[];
  /** The row of each token's step among the rows of that step: where its attention weights are. */
  rows: number[];
  /** Σ log p over its tokens and its end. */
  logProbability: number;
  /** logProbability over the length penalty, by which hypotheses are ranked. */
  score: number;
  /** 'length' if it was cut off before its end. */
  finishReason: 'stop' | 'length';
}

/**
 * Log-probabilities of the next token of every hypothesis, [batch · beam, vocabulary]. Row r continues row parents[r] of the step before
 * by tokens[r]; parents and tokens are undefined at the first step.
 */
export type NextTokens = (continued: { parents: Int32Array; tokens: Int32Array } | undefined) => Float32Array;

/**
 * Beam search: at every step the `beam` best continuations of each sentence live on. Ends when no living hypothesis can still beat the
 * nBest finished ones. With a beam of 1 it is greedy search; with a beam that holds every prefix it is exact.
 * @returns the nBest hypotheses of each sentence, the best first.
 */
export function beamSearch(options: BeamOptions, next: NextTokens): Hypothesis[][] {
  const { batch, beam, maxLength, nBest = 1 } = checked(options);
  const sentences = Array.from({ length: batch }, (): Sentence => ({ living: [start()], finished: [], done: false }));
  let continued: Parameters<NextTokens>[0];
  for (let length = 0; ; length++) {
    const logProbabilities = next(continued);
    const vocabulary = logProbabilities.length / (batch * beam);
    for (const [s, sentence] of sentences.entries()) {
      if (!sentence.done) grow(sentence, { logProbabilities, vocabulary, firstRow: s * beam, length }, options);
    }
    if (sentences.every(({ done }) => done) || length === maxLength) break;
    continued = rowsOf(sentences, beam);
  }
  return sentences.map(({ finished }) => finished.slice(0, nBest));
}

interface Living {
  tokens: number[];
  rows: number[];
  logProbability: number;
  /** Its row of the step before. */
  row: number;
}

interface Sentence {
  living: Living[];
  finished: Hypothesis[];
  done: boolean;
}

interface Step {
  logProbabilities: Float32Array;
  vocabulary: number;
  /** The sentence's first row. */
  firstRow: number;
  /** Tokens of the living hypotheses. */
  length: number;
}

const start = (): Living => ({ tokens: [], rows: [], logProbability: 0, row: 0 });

const penaltyOf = (length: number, alpha: number) => ((5 + length) / 6) ** alpha;

/** Continues a sentence's hypotheses by one token. */
function grow(sentence: Sentence, step: Step, options: BeamOptions): void {
  const { beam, end, maxLength, lengthPenalty = 0, nBest = 1 } = options;
  const { firstRow, length } = step;
  const finish = (from: Living, logProbability: number, finishReason: Hypothesis['finishReason']) => {
    const score = logProbability / penaltyOf(Math.max(1, from.tokens.length), lengthPenalty);
    const { tokens, rows } = from;
    sentence.finished.push({ tokens, rows, logProbability, score, finishReason });
  };
  if (length === maxLength) {
    for (const [i, living] of sentence.living.entries()) {
      const ended = living.logProbability + logProbabilityAt(step, i, end);
      if (ended === Number.NEGATIVE_INFINITY) finish(living, living.logProbability, 'length');
      else finish(living, ended, 'stop');
    }
    // A hypothesis that is cut off was likelier to go on than to end.
    sentence.done = true;
  } else {
    const next: Living[] = [];
    for (const [rank, { from, token, logProbability }] of bestContinuations(sentence.living, step, options).entries()) {
      const parent = sentence.living[from] as Living;
      if (token === end) {
        // An end that is not among the `beam` best does not compete, so a beam of 1 is greedy.
        if (rank < beam) finish(parent, logProbability, 'stop');
      } else if (next.length < beam) {
        const row = firstRow + from;
        next.push({ tokens: [...parent.tokens, token], rows: [...parent.rows, row], logProbability, row });
      }
    }
    sentence.living = next;
  }
  sentence.finished.sort((a, b) => b.score - a.score);
  sentence.finished.length = Math.min(sentence.finished.length, beam);
  const worst = sentence.finished[nBest - 1]?.score;
  const hope = Math.max(...sentence.living.map(({ logProbability }) => logProbability / penaltyOf(maxLength, lengthPenalty)));
  sentence.done ||= sentence.living.length === 0 || (worst !== undefined && hope <= worst);
}

const logProbabilityAt = ({ logProbabilities, vocabulary, firstRow }: Step, hypothesis: number, token: number): number =>
  logProbabilities[(firstRow + hypothesis) * vocabulary + token] as number;

interface Continuation {
  from: number;
  token: number;
  logProbability: number;
}

/** The 2·beam best continuations of all living hypotheses, the best first: at least `beam` of them do not end. */
function bestContinuations(
  living: readonly Living[],
  { logProbabilities, vocabulary, firstRow }: Step,
  { beam, forbidden = [] }: BeamOptions,
) {
  const wanted = 2 * beam;
  const best: Continuation[] = [];
  const banned = new Set(forbidden);
  let threshold = Number.NEGATIVE_INFINITY;
  for (const [from, { logProbability: before }] of living.entries()) {
    const offset = (firstRow + from) * vocabulary;
    for (let token = 0; token < vocabulary; token++) {
      const logProbability = before + (logProbabilities[offset + token] as number);
      // Also leaves out NaN and what cannot be.
      if (!(logProbability > threshold) || banned.has(token)) continue;
      insert(best, { from, token, logProbability });
      if (best.length > wanted) best.pop();
      if (best.length === wanted) threshold = (best[wanted - 1] as Continuation).logProbability;
    }
  }
  return best;
}

/** Keeps the list sorted, the largest first. Of equals the one that came first stays in front. */
function insert(sorted: Continuation[], item: Continuation): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] as Continuation).logProbability < item.logProbability) at--;
  sorted.splice(at, 0, item);
}

/** Where every row of the next step comes from. Rows without a hypothesis repeat the sentence's first row. */
function rowsOf(sentences: readonly Sentence[], beam: number) {
  const parents = new Int32Array(sentences.length * beam);
  const tokens = new Int32Array(sentences.length * beam);
  for (const [s, { living, done }] of sentences.entries()) {
    for (let i = 0; i < beam; i++) {
      const hypothesis = done ? undefined : living[i];
      parents[s * beam + i] = hypothesis?.row ?? s * beam;
      tokens[s * beam + i] = hypothesis?.tokens.at(-1) ?? 0;
    }
  }
  return { parents, tokens };
}

function checked(options: BeamOptions): BeamOptions {
  const { beam, maxLength, nBest = 1 } = options;
  const atLeastOne = (name: string, value: number) => {
    if (!Number.isInteger(value) || value < 1) throw new Error(`beam search: ${name} must be a whole number from 1, got ${value}`);
  };
  atLeastOne('beam', beam);
  atLeastOne('maxLength', maxLength);
  atLeastOne('nBest', nBest);
  if (nBest > beam) throw new Error(`beam search: nBest must be at most the beam, ${beam}, got ${nBest}`);
  return options;
}

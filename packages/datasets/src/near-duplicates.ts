/** Consecutive words that two texts have in common when one quotes the other. */
const SHINGLE = 4;
/** Two texts count as near-duplicates from this fraction of the shorter one's shingles, or from this cosine of their character n-grams. */
const SHARED_SHINGLES = 0.5;
const COSINE = 0.5;
const CHARACTERS = 4;

/**
 * Gives a check whether a text nearly repeats one of `references`. It does if the two have half of the shorter one's four-word shingles in
 * common (Broder, 1997), or if their character 4-grams, weighted by rarity among the references, have a cosine of at least 0.5. Case and
 * punctuation are ignored.
 */
export function createNearDuplicateCheck(references: readonly string[]): (text: string) => boolean {
  const normalized = references.map(normalize);
  const shingles = indexOf(normalized, shinglesOf);
  const grams = indexOf(normalized, gramsOf);
  const weightOf = (gram: string) => Math.log((references.length + 1) / ((grams.places.get(gram)?.length ?? 0) + 1)) + 1;
  const norms = normalized.map((text) => norm(gramsOf(text), weightOf));

  return (text) => {
    const own = normalize(text);
    const ownShingles = shinglesOf(own);
    const shared = overlaps(shingles, ownShingles, () => 1);
    if (shared.some((count, i) => count >= SHARED_SHINGLES * Math.min(ownShingles.size, shingles.sizes[i] as number))) return true;
    const ownGrams = gramsOf(own);
    const length = norm(ownGrams, weightOf);
    return overlaps(grams, ownGrams, (gram) => weightOf(gram) ** 2).some((product, i) => product >= COSINE * length * (norms[i] as number));
  };
}

const normalize = (text: string) => (text.toLowerCase().match(/[a-z0-9']+/g) ?? []).join(' ');

function shinglesOf(text: string): Set<string> {
  const words = text.split(' ');
  const count = Math.max(1, words.length - SHINGLE + 1);
  return new Set(Array.from({ length: count }, (_, i) => words.slice(i, i + SHINGLE).join(' ')));
}

function gramsOf(text: string): Set<string> {
  const padded = ` ${text} `;
  const count = Math.max(1, padded.length - CHARACTERS + 1);
  return new Set(Array.from({ length: count }, (_, i) => padded.slice(i, i + CHARACTERS)));
}

interface Index {
  /** The texts that hold each feature. */
  places: Map<string, number[]>;
  /** Features of each text. */
  sizes: number[];
}

function indexOf(texts: readonly string[], featuresOf: (text: string) => Set<string>): Index {
  const places = new Map<string, number[]>();
  const sizes = texts.map((text, i) => {
    const features = featuresOf(text);
    for (const feature of features) {
      const at = places.get(feature);
      if (at) at.push(i);
      else places.set(feature, [i]);
    }
    return features.size;
  });
  return { places, sizes };
}

/** For each text of the index, the summed weights of the features it has in common with `features`. */
function overlaps({ places, sizes }: Index, features: ReadonlySet<string>, weightOf: (feature: string) => number): Float64Array {
  const sums = new Float64Array(sizes.length);
  for (const feature of features) {
    const found = places.get(feature);
    if (!found) continue;
    const weight = weightOf(feature);
    for (const i of found) sums[i] = (sums[i] as number) + weight;
  }
  return sums;
}

function norm(features: ReadonlySet<string>, weightOf: (feature: string) => number): number {
  let sum = 0;
  for (const feature of features) sum += weightOf(feature) ** 2;
  return Math.sqrt(sum);
}

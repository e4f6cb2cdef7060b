import type { TextSource } from './text-source.ts';

/** The texts of the first source, then the texts of the second. @throws if their labels differ. */
export function joinTexts(first: TextSource, second: TextSource): TextSource {
  if (first.labels.join('\n') !== second.labels.join('\n')) {
    throw new Error(
      `${second.name} has the labels ${second.labels.join(', ')}; expected those of ${first.name}: ${first.labels.join(', ')}`,
    );
  }
  const { size } = first;
  const at = <T>(of: (source: TextSource) => ((i: number) => T) | undefined, i: number) =>
    i < size ? of(first)?.(i) : of(second)?.(i - size);
  return {
    name: `${first.name} and ${second.name}`,
    labels: first.labels,
    source: `${first.source}; ${second.source}`,
    size: size + second.size,
    labelOf: (i) => at(({ labelOf }) => labelOf, i) as number,
    textOf: (i) => at(({ textOf }) => textOf, i) as string,
    probabilitiesOf: (i) => at(({ probabilitiesOf }) => probabilitiesOf, i),
    *texts() {
      yield* first.texts();
      yield* second.texts();
    },
    problems: [...first.problems, ...second.problems],
    idOf: first.idOf && ((i) => at(({ idOf }) => idOf, i) ?? `${second.name} ${i}`),
  };
}

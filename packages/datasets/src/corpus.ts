/** One long text, read in its order. */
export interface Corpus {
  name: string;
  text: string;
  /** Where it comes from and under which license. */
  source: string;
}

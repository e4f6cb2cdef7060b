/** One long text, read from start to end. */
export interface Corpus {
  name: string;
  text: string;
  /** Where it comes from and under which license. */
  source: string;
}

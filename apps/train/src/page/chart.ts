import { html } from 'hono/html';

/** A line chart as data; charts.js draws it. */
export interface Chart {
  /** The id of the element to draw into. */
  id: string;
  x: readonly number[];
  xLabel: string;
  /** Names to show instead of the x values. */
  xNames?: readonly string[];
  xLog?: boolean;
  yLog?: boolean;
  /** Values are fractions, shown in percent. */
  yPercent?: boolean;
  lines: readonly Line[];
  /** Two lines, by their index, with the space between them filled. */
  band?: readonly [number, number];
}

export interface Line {
  label: string;
  /** null leaves a gap. */
  values: readonly (number | null)[];
  /** A colour of report.css; none for the edge of a band. */
  color?: 'accent' | 'second' | 'third' | 'fourth' | 'fifth' | 'ink';
  points?: boolean;
  thin?: boolean;
  dashed?: boolean;
}

/** Colours for lines without an order. */
export const lineColors = ['accent', 'second', 'third', 'fourth', 'fifth', 'ink'] as const;

/** Where a chart is drawn. */
export const chartFigure = ({ id }: Chart, caption: string) =>
  html`<figure><figcaption>${caption}</figcaption><div id="${id}"></div></figure>`;

/** Steps that a forecast reads and steps that it forecasts, if there are enough rows. */
const CONTEXT = 28;
const HORIZON = 7;
/** With fewer rows, training, validation or test would have no window. */
export const ROWS_AT_LEAST = 20;
/** The shares held out, as in the recipe. */
export const HELD_OUT = { validation: 0.2, test: 0.2 };

/** Steps to read and to forecast, limited by the rows of a series. */
export function windowFor(rows: number): { context: number; horizon: number } {
  const held = Math.round(rows * HELD_OUT.validation);
  const trained = rows - held - Math.round(rows * HELD_OUT.test);
  const horizon = Math.max(1, Math.min(HORIZON, Math.floor(held / 2)));
  // The remaining training rows give windows that begin at different rows.
  const context = Math.max(1, Math.min(CONTEXT, Math.floor(0.6 * trained) - horizon));
  return { context, horizon };
}

/** Steps that a forecast reads and gives where there are rows enough. */
const CONTEXT = 28;
const HORIZON = 7;
/** Fewer rows leave no windows to train on, to validate and to test. */
export const ROWS_AT_LEAST = 20;
/** Shares that are held out, as in the recipe. */
export const HELD_OUT = { validation: 0.2, test: 0.2 };

/** Steps to read and to forecast, fitted to the rows of a series. */
export function windowFor(rows: number): { context: number; horizon: number } {
  const held = Math.round(rows * HELD_OUT.validation);
  const trained = rows - held - Math.round(rows * HELD_OUT.test);
  const horizon = Math.max(1, Math.min(HORIZON, Math.floor(held / 2)));
  // The rest of the training rows is for windows that begin at different rows.
  const context = Math.max(1, Math.min(CONTEXT, Math.floor(0.6 * trained) - horizon));
  return { context, horizon };
}

/** An input that the model cannot read: the caller's mistake. The message says what was expected and what arrived. */
export class InputError extends Error {}

/** An input that the model cannot read: the asker's mistake, not ours. The message says what was expected and what arrived. */
export class InputError extends Error {}

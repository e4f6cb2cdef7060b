// A view that shows the prediction of one input and asks again after each change.
import { ask } from '../api.js';
import { complainAt } from '../field.js';
import { follow } from '../follow.js';
import { inputOf } from './input.js';

/** @typedef {{ typed?: string, steps?: string[] }} Read */

/**
 * Puts the model's input and then the view's elements on the page. Returns a function that stops asking.
 * @template P
 * @param {import('../playground.js').Stage} stage
 * @param {{
 *   output: HTMLElement, after?: HTMLElement[], delay: number, options?: object, show: (prediction: P, read: Read) => void,
 *   clear: (why: import('../follow.js').Absence) => void,
 * }} view `options` are those of the request; `after` stands below the output
 */
export function followInput({ root, model, complain, settle }, { output, after = [], delay, options = {}, show, clear }) {
  const input = inputOf(model, () => following.changed());
  const following = follow({
    output,
    delay,
    async ask() {
      const read = input.read();
      if (!read) return undefined;
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [read.input], ...options });
      return { read, prediction: predictions[0] };
    },
    /** @param {{ read: Read, prediction: P }} answer */
    show: ({ read, prediction }) => show(prediction, read),
    clear,
    complain: (error) => complainAt(error, { inputs: input }, complain),
    settle() {
      settle();
      input.settle();
    },
  });
  root.replaceChildren(input.element, output, ...after);
  following.now();
  return following.stop;
}

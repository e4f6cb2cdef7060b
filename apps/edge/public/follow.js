// Keeps an answer up to date with its input.

/** How long the old answer stays, dimmed, after the input has changed. */
const GRACE_MS = 400;

/** @typedef {'waiting' | 'empty' | 'failed'} Absence why there is no answer */

/**
 * Sends a request after each change. A change dims the old answer at once. If no new answer comes soon, or the request fails, the old
 * answer is removed. An answer to an input that has changed since is dropped.
 * @template T
 * @param {{
 *   output: HTMLElement, delay: number, ask: () => Promise<T | undefined>, show: (answer: T) => void, clear: (why: Absence) => void,
 *   complain: (error: unknown) => void, settle: () => void,
 * }} options `ask` returns undefined if there is nothing to ask
 */
export function follow({ output, delay, ask, show, clear, complain, settle }) {
  let latest = 0;
  let pause = 0;
  let grace = 0;

  function outdate() {
    latest++;
    clearTimeout(pause);
    clearTimeout(grace);
    output.setAttribute('aria-busy', 'true');
    grace = window.setTimeout(() => clear('waiting'), GRACE_MS);
  }

  function settled() {
    clearTimeout(grace);
    output.removeAttribute('aria-busy');
  }

  async function now() {
    outdate();
    const turn = latest;
    try {
      const answer = await ask();
      if (turn !== latest) return;
      settled();
      settle();
      if (answer === undefined) clear('empty');
      else show(answer);
    } catch (error) {
      if (turn !== latest) return;
      settled();
      settle();
      clear('failed');
      complain(error);
    }
  }

  return {
    now,
    changed() {
      outdate();
      pause = window.setTimeout(now, delay);
    },
    /** Drops the answer to a pending request. */
    stop() {
      latest++;
      clearTimeout(pause);
      clearTimeout(grace);
    },
  };
}

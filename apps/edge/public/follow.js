// An answer that follows its input.

/** How long an old answer may stand, dimmed, beside a changed input. */
const GRACE_MS = 400;

/** @typedef {'waiting' | 'empty' | 'failed'} Absence why there is no answer */

/**
 * Asks again after each change. A change dims the old answer at once; if no new one comes soon, or the request fails, the old
 * one is removed. Answers that a later change has overtaken are dropped.
 * @template T
 * @param {{
 *   output: HTMLElement, delay: number, ask: () => Promise<T | undefined>, show: (answer: T) => void, clear: (why: Absence) => void,
 *   complain: (error: unknown) => void, settle: () => void,
 * }} options `ask` gives undefined where there is nothing to ask
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
    /** Drops an answer that is still to come. */
    stop() {
      latest++;
      clearTimeout(pause);
      clearTimeout(grace);
    },
  };
}

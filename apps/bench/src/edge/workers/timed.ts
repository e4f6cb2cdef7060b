/** A Worker that runs a model several times in a row and answers with the mean time and the output. */
import type { Handler } from './handler.ts';
export function timed(load: () => Promise<(number: number) => number | Promise<number>>): Handler {
  let loading: ReturnType<typeof load> | undefined;
  return {
    async fetch(request) {
      const { searchParams } = new URL(request.url);
      const times = Number(searchParams.get('times') ?? 1);
      const from = Number(searchParams.get('from') ?? 0);
      loading ??= load();
      const run = await loading;
      const started = performance.now();
      let answer = Number.NaN;
      for (let i = 0; i < times; i++) answer = await run(from + i);
      return Response.json({ answer, milliseconds: (performance.now() - started) / times });
    },
  };
}

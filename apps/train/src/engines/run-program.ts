import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  /** The exit code, or the name of the signal that ended it. */
  ended: number | NodeJS.Signals;
  /** Standard output and standard error together. */
  output: string;
  /** Standard output alone. */
  answer: string;
}

/** Runs a program to its end; undefined if there is no such program. @throws if aborted, or if it cannot be started. */
export async function runProgram(
  command: readonly [string, ...string[]],
  { signal, cwd, env }: { signal: AbortSignal; cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<Finished | undefined> {
  const [program, ...args] = command;
  const child = spawn(program, args, { signal, cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    answer += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals];
    return { ended: code ?? killedBy, output, answer };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

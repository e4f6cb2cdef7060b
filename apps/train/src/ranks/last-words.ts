import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface LastWords {
  /** Nothing is to be said any more. */
  cancel(): void;
}

/**
 * Prints a text if this process is killed. When one rank dies, MPICH's mpiexec kills all others at once with SIGKILL; its message names a
 * process, but no rank. A shell in a session of its own waits for the end of our pipe.
 */
export function sayWhenKilled(text: string): LastWords {
  const shell = spawn('sh', ['-c', 'read -r word; [ "$word" = cancel ] || printf "%s\\n" "$1" >&2', 'sh', text], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  // Without a shell there are no last words.
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  (shell.stdin as Socket).unref();
  return { cancel: () => void shell.stdin.end('cancel\n') };
}

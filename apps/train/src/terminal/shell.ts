import { isAbsolute, relative } from 'node:path';

/** The command with these arguments, quoted for a shell. */
export const commandLine = (...args: readonly string[]): string => `npm run unroll -- ${args.map(quoted).join(' ')}`;

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The shortest form of a path from the working directory. */
export function shown(path: string): string {
  const near = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return near.length < path.length ? near : path;
}

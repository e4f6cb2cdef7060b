import { resolve } from 'node:path';

/** A path as the user meant it. npm runs scripts in the package's folder; INIT_CWD is where the user typed the command. */
export const userPath = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path);

import { ProblemError } from '../http/problem.ts';

/** How long R2 may take. */
const TIMEOUT_MS = 20_000;

/** The value of a promise, if it settles in time. @throws 'timed-out' */
export async function withinTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProblemError('timed-out', 'The model store took too long. Try again.')), TIMEOUT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { ProblemError } from '../http/problem.ts';

/** How long R2 and the assets may take. */
const TIMEOUT_MS = 20_000;

/** What a promise gives, if it gives it in time. @throws 'timed-out' */
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

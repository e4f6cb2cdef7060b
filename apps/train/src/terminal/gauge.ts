import { styleText } from 'node:util';

/** A bar that is filled to this fraction. */
export function gauge(fraction: number, width: number): string {
  const filled = Math.round(Math.min(1, fraction) * width);
  return styleText('cyan', '━'.repeat(filled)) + styleText('gray', '─'.repeat(width - filled));
}

/** '2 min 5 s' */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

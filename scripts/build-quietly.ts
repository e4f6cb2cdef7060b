/** Runs the build for npm start. Prints one line on success and the build's whole output on failure. */
import { spawnSync } from 'node:child_process';

const started = performance.now();
process.stdout.write('Building the kernels and the edge app ... ');
const { status, stdout, stderr, error } = spawnSync('turbo', ['run', 'build'], {
  encoding: 'utf8',
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
});
if (error || status !== 0) {
  console.error(`failed.\n\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  process.exit(status || 1);
}
console.log(`done in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);

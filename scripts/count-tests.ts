/** Adds up the test results of `npm test` and `npm run test:browser`, and prints "N passed, N failed". */
import { globSync, readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of globSync('{{packages,apps}/*,infra}/test-results*.json')) {
  const results = JSON.parse(readFileSync(file, 'utf8')) as { numPassedTests: number; numFailedTests: number; success: boolean };
  passed += results.numPassedTests;
  // A suite that could not even be loaded counts as one failure.
  failed += results.numFailedTests || (results.success ? 0 : 1);
}
const failedSteps = Number(process.argv[2] ?? 0);
console.log(`${passed} passed, ${failed + failedSteps} failed`);
process.exitCode = failed + failedSteps > 0 || passed === 0 ? 1 : 0;

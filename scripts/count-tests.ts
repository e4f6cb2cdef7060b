/** Adds up the results of all test runs. Prints the tests that ran in none of them, and last "N passed, N failed". */
import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  success: boolean;
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
}

let passed = 0;
let failed = 0;
const ran = new Set<string>();
const skipped = new Set<string>();
for (const file of globSync('{{packages,apps}/*,infra}/test-results*.json')) {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  passed += results.numPassedTests;
  // A suite that could not even be loaded counts as one failure.
  failed += results.numFailedTests || (results.success ? 0 : 1);
  for (const { name, assertionResults } of results.testResults)
    for (const { fullName, status } of assertionResults) {
      const isRun = status === 'passed' || status === 'failed';
      (isRun ? ran : skipped).add(`${relative('.', name)}: ${fullName}`);
    }
}
for (const test of skipped) if (!ran.has(test)) console.log(`skipped: ${test}`);
const failedSteps = Number(process.argv[2] ?? 0);
console.log(`${passed} passed, ${failed + failedSteps} failed`);
process.exitCode = failed + failedSteps > 0 || passed === 0 ? 1 : 0;

/** Schemathesis (pip install schemathesis) against the built bundle in bare workerd: npm run schemathesis -w @unroll/edge [-- ARGUMENTS] */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBareWorkerd } from '../test/bare-workerd.ts';
import { describeKey, newKey } from './new-key.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-schemathesis-'));
const key = newKey('schemathesis');
const { origin, process: workerd } = await startBareWorkerd(scratch, {
  API_KEYS: JSON.stringify([describeKey(key, { id: 'schemathesis', scopes: ['predict', 'admin'] })]),
  STATE_SECRET: newKey('state'),
});
const checks = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection';
const options = [
  '--checks',
  checks,
  '--header',
  `Authorization: Bearer ${key}`,
  '--exclude-operation-id',
  'openSession',
  '--exclude-tag',
  'admin',
  '--no-color',
];
// A body may be too large before it is wrong; publishing needs a bucket, which this server does not have.
const config = join(scratch, 'schemathesis.toml');
writeFileSync(config, '[checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 413, 415, 422, 426, 429]\n');
const { status, error } = spawnSync(
  'schemathesis',
  ['--config-file', config, 'run', `${origin}/openapi.json`, ...options, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
workerd.kill('SIGKILL');
rmSync(scratch, { recursive: true, force: true });
if (error) console.error(`schemathesis: ${error.message}; it is not installed: pip install schemathesis`);
process.exitCode = status ?? 1;

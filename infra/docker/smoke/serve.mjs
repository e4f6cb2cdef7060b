// Runs in the serve image: the server becomes ready, predicts without root, and stops at SIGTERM.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

assert.equal(process.getuid(), 1000);
const server = spawn('node', ['/opt/unroll/apps/edge/dist/self-hosted/serve.js', '--data', '/data', '--port', '0'], {
  env: { ...process.env, PREDICT_ACCESS: 'open', STATE_SECRET: crypto.randomUUID() + crypto.randomUUID() },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [line] = await once(server.stdout, 'data');
  const url = /http:\S+/.exec(String(line))?.[0];
  const response = await fetch(`${url}/v1/models/sentiment/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: ['The food was wonderful.'] }),
  });
  const answer = await response.text();
  assert.equal(response.status, 200, answer);
  console.log(answer);
} finally {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
}

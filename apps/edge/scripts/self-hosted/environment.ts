import { settingsOf } from '../../src/http/settings.ts';
import { VARIABLES } from '../../src/self-hosted/variables.ts';

export type Environment = Record<string, string>;

/** Keys are required unless the operator opens the API. The limits are those of the deployment in wrangler.jsonc. */
const DEFAULTS: Environment = { PREDICT_ACCESS: 'keys', BEHIND_PROXY: 'no', REQUESTS_PER_ADDRESS: '600', REQUESTS_PER_KEY: '6000' };

/** The Worker's environment variables. An empty one counts as not set. @throws if one is missing or wrong, never with its value. */
export function workerEnvironment(given: NodeJS.ProcessEnv): Environment {
  const set = VARIABLES.flatMap((name) => {
    const text = given[name]?.trim() || DEFAULTS[name];
    return text ? [[name, text] as const] : [];
  });
  const environment: Environment = Object.fromEntries(set);
  const { API_KEYS, PREDICT_ACCESS, STATE_SECRET } = settingsOf({ ...environment, ASSETS: { fetch } });
  if (API_KEYS.length === 0 && PREDICT_ACCESS !== 'open') {
    throw new Error(
      'API_KEYS is missing, and nobody could call the API without a key. Make one with `npm run key -w @unroll/edge -- NAME --scope admin --scope predict`, or set PREDICT_ACCESS=open to answer everyone',
    );
  }
  if (STATE_SECRET.length === 0) throw new Error('STATE_SECRET is missing; make one with `openssl rand -base64 32`');
  expectMatch(environment, 'BEHIND_PROXY', /^(yes|no)$/, 'yes or no');
  for (const name of ['REQUESTS_PER_ADDRESS', 'REQUESTS_PER_KEY'])
    expectMatch(environment, name, /^[1-9]\d{0,8}$/, 'a number of requests a minute');
  return environment;
}

function expectMatch(environment: Environment, name: string, form: RegExp, expected: string): void {
  if (!form.test(environment[name] ?? '')) throw new Error(`${name}: expected ${expected}`);
}

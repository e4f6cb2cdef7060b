/** Makes an API key: npm run key -w @unroll/edge -- ci --scope admin --scope predict [--expires 2027-01-01] */
import { program } from 'commander';
import { describeKey, newKey } from './new-key.ts';

type Scope = 'predict' | 'admin';
const scopes: readonly Scope[] = ['predict', 'admin'];

program
  .argument('<id>', 'names the key in logs: lower-case letters, digits, -')
  .option('--scope <scope...>', 'predict, admin, or both', ['predict'])
  .option('--expires <date>', 'the key expires at this date')
  .action((id: string, { scope, expires }: { scope: string[]; expires?: string }) => {
    const wrong = scope.find((name) => !(scopes as readonly string[]).includes(name));
    if (wrong !== undefined) program.error(`key: '${wrong}' is not a scope; expected predict or admin`);
    if (!/^[a-z0-9-]{1,40}$/.test(id)) program.error('key: the id must be 1 to 40 lower-case letters, digits or -');
    const until = expires === undefined ? undefined : new Date(expires);
    if (until && Number.isNaN(until.getTime())) program.error(`key: '${expires}' is not a date; expected for example 2027-01-01`);
    const key = newKey(id);
    const entry = describeKey(key, { id, scopes: scope as Scope[], ...(until && { expires: until.toISOString() }) });
    console.log(`The key, shown only this once:\n  ${key}\n`);
    console.log(`Its entry for the secret API_KEYS, a JSON array:\n  ${JSON.stringify(entry)}`);
  })
  .parse();

/** One server for all tests of the page, with the built-in models and a small model of each kind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@unroll/client/client.ts';
import type { TestProject } from 'vitest/node';
import { startDevServer } from '../../scripts/dev-server.ts';
import { newKey } from '../../scripts/new-key.ts';
import {
  tinyForecaster,
  tinyIds,
  tinyMarks,
  tinyModel,
  tinyRegressor,
  tinyTable,
  tinyTagger,
  tinyTopics,
  tinyTranslator,
  tinyWriter,
} from '../../src/testing/tiny-model.ts';
import { freePort } from '../servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the page is served. */
    origin: string;
  }
}

const backwards = [{ type: 'bidirectional' as const, layer: { type: 'lstm' as const, units: 3 } }];

export default async function startSite({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-page-'));
  const key = newKey('page');
  const server = await startDevServer({ port: String(await freePort()), directory, key }, new AbortController().signal);
  if (!server) throw new Error('the server did not start');
  const client = createClient({ url: server.url, key });
  const models = await Promise.all([
    tinyTagger('road-tags'),
    tinyTopics('topics'),
    tinyTable('flowers'),
    tinyRegressor('prices'),
    tinyForecaster('load'),
    tinyWriter('writer'),
    tinyModel('both-ways', { layers: backwards }),
    tinyMarks('marks'),
    tinyIds('ids'),
    tinyTranslator('german'),
  ]);
  for (const { artifact, bytes } of models) await client.publish(artifact.name, bytes);
  provide('origin', server.url);
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  };
}

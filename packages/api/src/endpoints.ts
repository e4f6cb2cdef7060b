import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { generate } from './generate.ts';
import { deleteModel, deleteVersion, describeModel, listModels, listVersions, moveAlias, publishVersion, rollBackAlias } from './models.ts';
import { predict } from './predict.ts';
import { session } from './session.ts';

const status = (value: string) => v.object({ status: v.literal(value) });

const health = {
  method: 'get',
  path: '/healthz',
  tag: 'operation',
  summary: 'The Worker runs',
  answer: { status: 200, description: 'The Worker runs.', schema: status('ok') },
  problems: [],
} as const satisfies Endpoint;

const ready = {
  method: 'get',
  path: '/readyz',
  tag: 'operation',
  summary: 'Kernels start and the model store answers',
  answer: { status: 200, description: 'The kernels have started and the model store answers.', schema: status('ready') },
  problems: ['not-ready'],
} as const satisfies Endpoint;

const metrics = {
  method: 'get',
  path: '/metrics',
  tag: 'operation',
  summary: 'Counters of this isolate, as Prometheus text',
  scope: 'admin',
  answer: { status: 200, description: 'Counters.', type: 'text/plain' },
  problems: [],
} as const satisfies Endpoint;

/** The whole API. */
export const endpoints = {
  listModels,
  describeModel,
  predict,
  generate,
  openSession: session,
  listVersions,
  publishVersion,
  moveAlias,
  rollBackAlias,
  deleteVersion,
  deleteModel,
  health,
  ready,
  metrics,
} as const;
export type Endpoints = typeof endpoints;

/** Requests to the Worker under test, and models for its bucket. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { type Problem, type ProblemName, problems, problemType } from '@unroll/api/problems.ts';
import { expect } from 'vitest';
import type { Bindings } from '../http/bindings.ts';
import { type ModelIndex, withVersion } from '../models/model-index.ts';
import worker from '../worker.ts';
import { ADMIN_KEY } from './keys.ts';
import type { TinyModel } from './tiny-model.ts';

export const ORIGIN = 'https://unroll.test';

export const call = (path: string, init?: RequestInit) => exports.default.fetch(new Request(ORIGIN + path, init));

export const jsonOf = async <T>(response: Response) => (await response.json()) as T;

export const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const post = (path: string, body: unknown) => call(path, json(body));

/** A request with an administrator's key. */
export const admin = (method: string, path: string, body?: BodyInit, headers: Record<string, string> = {}) =>
  call(path, { method, headers: { authorization: `Bearer ${ADMIN_KEY}`, ...headers }, ...(body !== undefined && { body }) });

/** The Worker in an isolate like this one's, with other bindings. */
export async function callWith(
  bindings: { [B in keyof Bindings]?: Bindings[B] | undefined },
  path: string,
  init?: RequestInit,
): Promise<Response> {
  const context = createExecutionContext();
  const response = await worker.fetch(new Request(ORIGIN + path, init), { ...env, ...bindings } as Bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

/** Stores a model in the bucket like the API. */
export async function seed(name: string, { digest, bytes, artifact }: Pick<TinyModel, 'digest' | 'bytes' | 'artifact'>): Promise<void> {
  const { metrics, createdAt, spec } = artifact;
  const { type: task } = spec.task as { type: string };
  const before = await env.MODELS.get(`index/${name}.json`);
  const version = { digest, bytes: bytes.length, task, metrics, createdAt, publishedAt: '2026-01-02T00:00:00.000Z' };
  await env.MODELS.put(`models/${name}/${digest}.safetensors`, bytes);
  await env.MODELS.put(
    `index/${name}.json`,
    JSON.stringify(withVersion(before ? await before.json<ModelIndex>() : undefined, name, version)),
  );
}

/** Waits for the next minute if this one is nearly over, because rate limits count by whole minutes. */
export async function earlyInTheMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 6000) await new Promise((resolve) => setTimeout(resolve, left + 50));
}

/** Expects a well-formed answer with this problem, without a stack trace or a file name. */
export async function expectProblem(response: Response, name: ProblemName, detail = /./): Promise<Problem> {
  const text = await response.text();
  expect(`${response.status} ${text}`).toContain(`${problems[name][0]} {`);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = JSON.parse(text) as Problem;
  const [status, title] = problems[name];
  expect(problem).toMatchObject({ type: problemType(name), status, title, requestId: response.headers.get('x-request-id') });
  expect(problem.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(problem.detail).toMatch(detail);
  expect(text).not.toMatch(/\.ts:|node_modules|at async/);
  return problem;
}

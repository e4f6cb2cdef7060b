import type { Bindings } from './bindings.ts';

export interface RequestEvent {
  /** The API's path with placeholders, `/v1/models/{model}/predict`. */
  route: string;
  method: string;
  status: number;
  milliseconds: number;
  /** The digest of the model that answered. */
  model?: string | undefined;
  /** The key's id. */
  key?: string | undefined;
}

export type Counter = 'models_loaded' | 'models_evicted' | 'inputs_answered' | 'answers_reused' | 'session_frames' | 'tokens_generated';

/** Counters of requests and events. */
export interface Telemetry {
  request(event: RequestEvent, bindings: Bindings): void;
  count(counter: Counter, by?: number): void;
  /** Prometheus' text format, version 0.0.4. */
  prometheus(): string;
}

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Counters of this isolate. If Analytics Engine is bound, each request also writes an event there, for sums over all isolates. */
export function createTelemetry(): Telemetry {
  const requests = new Map<string, number>();
  const counters = new Map<Counter, number>();
  const buckets = new Array<number>(BUCKETS.length + 1).fill(0);
  let seconds = 0;
  return {
    request({ route, method, status, milliseconds, model = '', key = '' }, { EVENTS }) {
      const labels = `method="${method}",route="${route}",status="${status}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      const bucket = BUCKETS.findIndex((bound) => milliseconds / 1000 <= bound);
      const index = bucket < 0 ? BUCKETS.length : bucket;
      buckets[index] = (buckets[index] as number) + 1;
      seconds += milliseconds / 1000;
      EVENTS?.writeDataPoint({ indexes: [route], blobs: [method, route, String(status), model, key], doubles: [milliseconds] });
    },
    count(counter, by = 1) {
      counters.set(counter, (counters.get(counter) ?? 0) + by);
    },
    prometheus() {
      let below = 0;
      const histogram = [...BUCKETS, '+Inf'].map((bound, i) => {
        below += buckets[i] as number;
        return `unroll_request_seconds_bucket{le="${bound}"} ${below}`;
      });
      return [
        '# TYPE unroll_requests_total counter',
        ...[...requests].map(([labels, count]) => `unroll_requests_total{${labels}} ${count}`),
        '# TYPE unroll_request_seconds histogram',
        ...histogram,
        `unroll_request_seconds_sum ${seconds}`,
        `unroll_request_seconds_count ${below}`,
        ...[...counters].flatMap(([name, count]) => [`# TYPE unroll_${name}_total counter`, `unroll_${name}_total ${count}`]),
        '',
      ].join('\n');
    },
  };
}

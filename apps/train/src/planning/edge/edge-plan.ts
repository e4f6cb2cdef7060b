import { cost, network, prices } from './cloudflare.ts';

/** One request to a recipe's model. */
export interface RequestCost {
  /** CPU time of the prediction alone. */
  predictMs: number;
  /** CPU time of the request: HTTP, JSON and the prediction. */
  cpuMs: number;
  /** Memory of an isolate that has the model loaded and answers a request. */
  isolateBytes: number;
  /** From the start of an isolate to its first answer. */
  startMs: number;
}

export interface EdgePlan {
  requestsPerDay: number;
  /** Mean over the day. */
  requestsPerSecond: number;
  /** CPU seconds in a second, mean over the day. */
  cores: number;
  /** Isolates in memory. */
  isolates: number;
  coldStartsPerDay: number;
  /** Share of requests that wait for a cold start. */
  coldShare: number;
  /** Dollars in a month if each request is an HTTP request to a published model. */
  httpCost: number;
  /** Dollars in a month if each is a message of a session. */
  sessionCost: number;
  /** Machines of a self-hosted service. */
  machines: number;
}

const DAY = 86_400;
const DAYS = 30;
/** An isolate that is busy for more of the time gets a second one beside it. */
const BUSY = 0.5;
/** Self-hosting: the busiest second of a day over the mean, and the share of the cores that it may use. */
export const PEAK = 3;
export const UTILISATION = 0.6;
/** Seconds for which an isolate caches a model's index (INDEX_SECONDS of apps/edge). */
const INDEX_SECONDS = 10;

/** @param machine that serves requests itself. */
export function planEdge(request: RequestCost, requestsPerDay: number, machine: { cores: number }): EdgePlan {
  const requestsPerSecond = requestsPerDay / DAY;
  const cpuSeconds = request.cpuMs / 1000;
  const cities = trafficOf(requestsPerSecond).map((rate) => cityLoad(rate, cpuSeconds));
  const perSecond = (of: 'coldStarts' | 'indexReads') => cities.reduce((sum, city) => sum + city[of], 0);
  const coldShare = Math.max(1 - network.warmShare, perSecond('coldStarts') / requestsPerSecond);
  const coldStartsPerDay = coldShare * requestsPerDay;
  const requests = requestsPerDay * DAYS;
  const reads = (perSecond('indexReads') * DAY + coldStartsPerDay) * DAYS;
  return {
    requestsPerDay,
    requestsPerSecond,
    cores: requestsPerSecond * cpuSeconds,
    isolates: cities.reduce((sum, { isolates }) => sum + isolates, 0),
    coldStartsPerDay,
    coldShare,
    httpCost: httpCost(requests, requests * request.cpuMs + coldStartsPerDay * DAYS * request.startMs, reads),
    sessionCost: sessionCost(requests, request.cpuMs),
    machines: Math.max(1, Math.ceil((requestsPerSecond * PEAK * cpuSeconds) / (machine.cores * UTILISATION))),
  };
}

/** Requests per second of each city: the i-th busiest has 1/i of the busiest one's (Zipf's law). */
function trafficOf(total: number): number[] {
  const weights = Array.from({ length: network.cities }, (_, i) => 1 / (i + 1));
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (total * weight) / all);
}

/**
 * One city sends all requests to the same isolate while it keeps up (consistent hashing). Requests arrive as a Poisson process, so none
 * comes within the idle time with probability e^(-rate · idle); the next one then starts an isolate.
 */
function cityLoad(rate: number, cpuSeconds: number) {
  const gone = Math.exp(-rate * network.idleSeconds);
  const isolates = Math.max(1 - gone, Math.ceil((rate * cpuSeconds) / BUSY - 1));
  const perIsolate = rate / Math.max(1, isolates);
  // After each read no other follows for INDEX_SECONDS; then the next request reads.
  const indexReads = Math.max(1, isolates) / (INDEX_SECONDS + 1 / perIsolate);
  return { isolates, coldStarts: rate * gone, indexReads };
}

/** Dollars in a month. */
export function httpCost(requests: number, cpuMs: number, reads: number): number {
  const { workers, r2 } = prices;
  return workers.month + cost(workers.requests, requests) + cost(workers.cpuMs, cpuMs) + cost(r2.reads, reads);
}

/** Dollars in a month: an object is active while it answers, hibernates in between, and writes one row before each answer. */
export function sessionCost(messages: number, cpuMs: number): number {
  const { workers, durableObjects } = prices;
  const gigabyteSeconds = ((messages * cpuMs) / 1000) * durableObjects.gigabytes;
  return (
    workers.month +
    cost(durableObjects.requests, messages * durableObjects.requestsPerMessage) +
    cost(durableObjects.gigabyteSeconds, gigabyteSeconds) +
    cost(durableObjects.rowsWritten, messages)
  );
}

/** The settings of http/settings.ts. */
export const SETTINGS = ['API_KEYS', 'STATE_SECRET', 'PREDICT_ACCESS', 'CORS_ORIGINS', 'MAX_MULTIPLY_ADDS', 'MODEL_MEMORY_BYTES'] as const;

/** Whether a proxy is in front, `yes` or `no`, and the requests a minute. */
const OWN = ['BEHIND_PROXY', 'REQUESTS_PER_ADDRESS', 'REQUESTS_PER_KEY'] as const;

/** The environment variables that the self-hosted Worker reads. */
export const VARIABLES = [...SETTINGS, ...OWN] as const;

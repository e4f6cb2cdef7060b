/** API keys of the tests, and nothing else's. */
export const ADMIN_KEY = 'unroll_test-admin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
export const PREDICT_KEY = 'unroll_test-predict_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB';
export const EXPIRED_KEY = 'unroll_test-expired_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC';

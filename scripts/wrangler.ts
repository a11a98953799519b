/** Settings of Wrangler for scripts, benchmarks and tests, as environment variables. */

/** No metrics, no requests to other hosts, no inspector pages. */
export const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
};

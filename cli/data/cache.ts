import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The user's folder for what can be had again.
 * Of its own variable, or where the system has such things.
 *
 * @example
 * ```ts
 * import { cacheFolder } from 'edge-mlp';
 *
 * process.env.EDGE_MLP_CACHE = '/tmp/mine';
 * console.log(cacheFolder()); // /tmp/mine
 * ```
 */
export function cacheFolder(): string {
  const { EDGE_MLP_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (EDGE_MLP_CACHE) return EDGE_MLP_CACHE;
  if (process.platform === 'win32')
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'edge-mlp', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'edge-mlp');
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'edge-mlp');
}

/** Bindings of the Worker, and what its middleware passes to the routes. */

import type { Scope } from '../src/api/scopes.ts';

export interface Token {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Uint8Array;
}

/** Secrets and variables, which a deployment may lack. */
export interface Settings {
  /** Secret with the tokens, as `edge-mlp token` prints them. Without it, every change is refused. */
  readonly TOKENS?: string;
  /** The token itself, only on the machine of a developer: `npm run dev` writes it to .dev.vars. */
  readonly EDGE_MLP_TOKEN?: string;
  /** Variable: "open" (default), or "token" to require a token for predicting and reading. */
  readonly PREDICT_ACCESS?: string;
  /** Variable: megabytes of all that is stored. Default: `LIMITS.storageMB`. */
  readonly STORAGE_MB?: string;
  /** Variable: megabytes of a token without the scope admin. Default: `LIMITS.tokenStorageMB`. */
  readonly TOKEN_STORAGE_MB?: string;
}

export interface AppEnv {
  Bindings: Env & Settings;
  Variables: {
    /** The token of the request, if it is a known one. */
    token?: Token;
  };
}

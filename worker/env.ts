import type { Token } from './access.ts';

/** What the Worker is given, and what its middleware hands on. */
export interface AppEnv {
  Bindings: Env & {
    /** Secret: tokens as `edge-mlp token` prints them. Absent: nothing can be changed. */
    TOKENS?: string;
    /** Variable: "token" closes predicting to those without one. */
    PREDICT_ACCESS?: string;
  };
  Variables: {
    /** The token that was presented, where it is a known one. */
    token?: Token;
  };
}

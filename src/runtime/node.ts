/**
 * The library for Node.js, Bun and Deno: training, evaluation, prediction, teams of threads, and widening.
 *
 * @module edge-mlp
 */
export * from './inline.ts';
export { loadTeam } from './team.ts';
export { enableWidening, type Widening } from './widening.ts';

/**
 * The library for Node.js, Bun and Deno: training, evaluation, prediction, and teams of threads.
 *
 * @module edge-mlp
 */
export * from './inline.ts';
export { loadTeam } from './team.ts';

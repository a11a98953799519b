/** Host for workerd. Prints the hashes when `workerd test` runs it. */
import * as library from '../../dist/src/runtime/workerd.js';
import { compute } from './program.js';

export default {
  async test() {
    console.log(JSON.stringify(await compute(await library.loadKernels(), library)));
  },
};

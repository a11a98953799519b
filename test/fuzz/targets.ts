/** Every parser of files and requests. */
import type { FuzzTarget } from './fuzz.ts';
import { COMMAND_TARGETS } from './targets/command.ts';
import { DATA_TARGETS } from './targets/data.ts';
import { MODEL_TARGETS } from './targets/models.ts';
import { SERVICE_TARGETS } from './targets/service.ts';

export const TARGETS: readonly FuzzTarget[] = [
  ...DATA_TARGETS,
  ...MODEL_TARGETS,
  ...SERVICE_TARGETS,
  ...COMMAND_TARGETS,
];

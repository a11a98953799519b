import { describeFaults } from './check.ts';

await describeFaults('Learners');

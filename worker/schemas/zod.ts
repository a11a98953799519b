/** zod, as Workers want it. */
import { z } from '@hono/zod-openapi';

// zod would compile checks with Function(), which Workers refuse.
z.config({ jitless: true });

export { z };

/** The access policy: the token that each route requires. The service enforces this table for every request. */
import type { Scope } from '../src/api/scopes.ts';

export interface Rule {
  /** Any of these scopes, or `admin`. None: no token. */
  readonly scopes: readonly Scope[];
  /** Whether the rule applies only to a closed service, where the variable PREDICT_ACCESS is "token". */
  readonly ifClosed?: boolean;
  /** Whether the request counts against the limit on changes. */
  readonly isChange?: boolean;
}

export type Access = 'public' | 'read' | 'predict' | 'inspect' | 'own' | 'train' | 'admin';

export const RULES: Readonly<Record<Access, Rule>> = {
  /** Nothing that belongs to a user. */
  public: { scopes: [] },
  /** Names and descriptions of models, which belong to all users of a service. */
  read: { scopes: ['predict', 'train'], ifClosed: true },
  predict: { scopes: ['predict'], ifClosed: true },
  /** Weights, and what tokens own. In a closed service, a token sees only what it owns. */
  inspect: { scopes: ['train'], ifClosed: true },
  /** Lists of the token's own things. */
  own: { scopes: ['train'] },
  /** Changes of what the token owns. */
  train: { scopes: ['train'], isChange: true },
  admin: { scopes: ['admin'], isChange: true },
};

/** Method and path of each route, as in the OpenAPI document. */
const POLICY: Readonly<Record<string, Access>> = {
  'GET /openapi.json': 'public',
  'POST /predict': 'predict',
  'GET /usage': 'own',

  'GET /models': 'read',
  'GET /models/{name}': 'read',
  'GET /models/{name}/aliases/{alias}': 'read',
  'GET /models/{name}/versions/{version}': 'inspect',
  'POST /models/{name}/versions': 'admin',
  'PUT /models/{name}/versions/{version}': 'admin',
  'PUT /models/{name}/aliases/{alias}': 'admin',
  'DELETE /models/{name}': 'admin',
  'DELETE /models/{name}/versions/{version}': 'admin',
  'DELETE /models/{name}/aliases/{alias}': 'admin',

  'GET /datasets': 'inspect',
  'GET /datasets/{name}': 'inspect',
  'GET /datasets/{name}/pieces': 'own',
  'PUT /datasets/{name}': 'train',
  'PUT /datasets/{name}/{part}/{piece}': 'train',
  'DELETE /datasets/{name}': 'train',

  'GET /jobs': 'inspect',
  'GET /jobs/{id}': 'inspect',
  'GET /jobs/{id}/events': 'inspect',
  'GET /jobs/{id}/model': 'inspect',
  'GET /jobs/{id}/run': 'inspect',
  'POST /jobs': 'train',
  'POST /jobs/{id}/cancel': 'train',
  'POST /jobs/{id}/resume': 'train',
  'DELETE /jobs/{id}': 'train',

  'GET /sweeps': 'inspect',
  'GET /sweeps/{id}': 'inspect',
  'POST /sweeps': 'train',
  'POST /sweeps/{id}/cancel': 'train',
  'DELETE /sweeps/{id}': 'train',

  'GET /learners': 'own',
  'GET /learners/{id}': 'inspect',
  'GET /learners/{id}/model': 'inspect',
  'POST /learners/{id}/predict': 'inspect',
  'POST /learners': 'train',
  'POST /learners/{id}/examples': 'train',
  'POST /learners/{id}/undo': 'train',
  'POST /learners/{id}/reset': 'train',
  'POST /learners/{id}/promote': 'train',
  'DELETE /learners/{id}': 'train',

  'GET /v2': 'public',
  'GET /v2/health/live': 'public',
  'GET /v2/health/ready': 'public',
  'GET /v2/models': 'read',
  'GET /v2/models/stats': 'read',
  'GET /v2/models/{model}': 'read',
  'GET /v2/models/{model}/ready': 'read',
  'GET /v2/models/{model}/stats': 'read',
  'GET /v2/models/{model}/config': 'read',
  'POST /v2/models/{model}/infer': 'predict',
  'GET /v2/models/{model}/versions/{version}': 'read',
  'GET /v2/models/{model}/versions/{version}/ready': 'read',
  'GET /v2/models/{model}/versions/{version}/stats': 'read',
  'GET /v2/models/{model}/versions/{version}/config': 'read',
  'POST /v2/models/{model}/versions/{version}/infer': 'predict',
  'POST /v2/repository/index': 'read',
  'POST /v2/repository/models/{model}/load': 'admin',
  'POST /v2/repository/models/{model}/unload': 'admin',
};

/** Throws for a route without a policy: a forgotten entry must not open a route. */
export function readAccess(method: string, path: string): Access {
  const route = `${method.toUpperCase()} ${path}`;
  const access = POLICY[route];
  if (access === undefined) throw new Error(`the route ${route} has no policy`);
  return access;
}

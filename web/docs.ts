/** /openapi.json, rendered. */
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';

SwaggerUI({ url: '/openapi.json', dom_id: '#documents', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });

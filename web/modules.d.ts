declare module '*?url' {
  const url: string;
  export default url;
}
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  const SwaggerUI: (options: Record<string, unknown>) => void;
  export default SwaggerUI;
}
declare module '*.css';
declare module '*?raw' {
  const text: string;
  export default text;
}

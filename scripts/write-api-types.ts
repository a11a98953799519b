/**
 * Replaces the compiled schemas in dist/src/api by plain type declarations, so that the published client needs zod
 * neither at run time nor for its types. Every `export type Name = z.infer<typeof Schema>` (or `Input<typeof Schema>`)
 * of a source file becomes a declaration; field descriptions and defaults become doc comments. Files without schemas
 * are left as compiled.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getOpenApiMetadata } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';

type Direction = 'input' | 'output';

interface Declaration {
  readonly module: string;
  readonly name: string;
  readonly comment: string;
  readonly direction: Direction;
  readonly schema: z.core.$ZodType;
}

const SOURCE = new URL('../src/api/', import.meta.url);
const TARGET = new URL('../dist/src/api/', import.meta.url);
const TYPE = /\/\*\* (.+?) \*\/\nexport type (\w+) = (Input|z\.infer)<typeof (\w+)>;/g;

const sources = readdirSync(SOURCE).map((file) => {
  return { module: file.replace('.ts', ''), text: readFileSync(new URL(file, SOURCE), 'utf8') };
});
const modules = sources.filter(({ text }) => /\bz\.\w+\(/.test(text));
const declarations: Declaration[] = [];
for (const { module, text } of modules) {
  const schemas = await import(`../src/api/${module}.ts`);
  for (const [, comment = '', name = '', kind, schema = ''] of text.matchAll(TYPE)) {
    const direction = kind === 'Input' ? 'input' : 'output';
    declarations.push({ module, name, comment, direction, schema: schemas[schema] });
  }
}

for (const { module } of modules) {
  rmSync(new URL(`${module}.d.ts`, TARGET));
  const own = declarations.filter((declaration) => declaration.module === module);
  if (own.length > 0) writeFileSync(new URL(`${module}.d.ts`, TARGET), writeModule(module, own));
}

function writeModule(module: string, own: readonly Declaration[]): string {
  const imports = new Map<string, Set<string>>();
  const refer = (other: Declaration) => {
    if (other.module !== module) imports.set(other.module, (imports.get(other.module) ?? new Set()).add(other.name));
    return other.name;
  };
  const bodies = own.map((declaration) => {
    const { name, comment, schema, direction } = declaration;
    const text = writeType(schema, direction, (other) => (other === declaration ? undefined : refer(other)));
    const isObject = schema._zod.def.type === 'object';
    return `/** ${comment} */\nexport ${isObject ? `interface ${name} ${text}` : `type ${name} = ${text};`}\n`;
  });
  const heads = [...imports].map(
    ([from, names]) => `import type { ${[...names].sort().join(', ')} } from './${from}.js';\n`,
  );
  return [...heads, ...bodies].join('');
}

/** TypeScript of a schema. `refer` returns the name to write for another declaration, or undefined to write it out. */
function writeType(
  schema: z.core.$ZodType,
  direction: Direction,
  refer: (declaration: Declaration) => string | undefined,
): string {
  // A schema that was described again is a copy with the same definition.
  const known = declarations.find(
    (other) => other.schema._zod.def === schema._zod.def && other.direction === direction,
  );
  const name = known && refer(known);
  if (name !== undefined) return name;
  const write = (inner: z.core.$ZodType) => writeType(inner, direction, refer);
  const list = (items: readonly z.core.$ZodType[]) => items.map(write).join(' | ');
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const readonly = direction === 'input' ? 'readonly ' : '';
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return def.type;
    case 'literal':
      return writeValues(def.values);
    case 'enum':
      return writeValues(Object.values(def.entries));
    case 'array': {
      const item = write(def.element);
      return `${readonly}${/[ |]/.test(item) ? `(${item})` : item}[]`;
    }
    case 'union':
      return list(def.options);
    case 'nullable':
      return `${write(def.innerType)} | null`;
    case 'optional':
    case 'default':
      return `${write(def.innerType)}${isOptional(schema, direction) ? ' | undefined' : ''}`;
    case 'pipe':
      // The first schema converts the texts of a query.
      return write(def.out);
    case 'record':
      return `Record<${write(def.keyType)}, ${write(def.valueType)}>`;
    case 'object': {
      const fields = Object.entries(def.shape).map(([key, field]) => {
        const mark = isOptional(field, direction) ? '?' : '';
        return `${writeComment(field, direction)}${readonly}${key}${mark}: ${write(field)};\n`;
      });
      return `{\n${fields.join('')}}`;
    }
    default:
      throw new Error(`${def.type}: expected a schema type that this script can write`);
  }
}

function writeValues(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' | ');
}

function isOptional(schema: z.core.$ZodType, direction: Direction): boolean {
  return (direction === 'input' ? schema._zod.optin : schema._zod.optout) !== undefined;
}

function writeComment(schema: z.core.$ZodType, direction: Direction): string {
  const type = schema as z.ZodType;
  const text = getOpenApiMetadata(type).description ?? type.description;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const standard =
    direction === 'input' && def.type === 'default' ? ` Default: ${JSON.stringify(def.defaultValue)}.` : '';
  return text === undefined ? '' : `/** ${text.replace(/\.?$/, '.')}${standard} */\n`;
}

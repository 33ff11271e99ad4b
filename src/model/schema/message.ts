import type { ErrorObject } from 'ajv';
import { didYouMean } from '../suggest.ts';

/** What a broken keyword says to people: the field first, then what it must be. */
export function messageOf(error: ErrorObject): string {
  const names = error.instancePath.slice(1).split('/').map(nameOf);
  const field = error.instancePath === '' ? 'the value' : `"${names.join('.')}"`;
  const params: Readonly<Record<string, unknown>> = error.params;
  switch (error.keyword) {
    case 'required':
      return `${field} needs "${params['missingProperty']}"`;
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      return `${field} has no field "${name}"${didYouMean(name, propertyNames(error))}`;
    }
    case 'type':
      return `${field} must be ${[params['type']].flat().join(' or ')}`;
    case 'enum':
      return `${field} must be one of ${[params['allowedValues']]
        .flat()
        .map((value) => JSON.stringify(value))
        .join(', ')}`;
    case 'const':
      return `${field} must be ${JSON.stringify(params['allowedValue'])}`;
    case 'format':
      return `${field} must have the format "${params['format']}"`;
    case 'uniqueItems':
      return `${field} must not hold the same item twice`;
    default:
      return `${field} ${error.message ?? `breaks "${error.keyword}"`}`;
  }
}

/** A part of a pointer as the user wrote it. */
const nameOf = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** Names the schema allows there, where the error carries its schema. */
function propertyNames(error: ErrorObject): readonly string[] {
  const properties: unknown = error.parentSchema?.['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

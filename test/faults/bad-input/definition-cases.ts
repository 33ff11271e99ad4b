/** Wrong definitions as requests: deployed or only checked, as a text or as JSON, under every address that takes one. */
import type { BadCase, RightAnswer, Writer } from './bad-case.ts';
import type { BadDocument } from './definitions/mutations.ts';

type Send = (writer: Writer, text: string) => BadCase['request'];

const asText =
  (line: string): Send =>
  (writer, text) =>
    writer.raw(line, text, 'application/yaml');
const asJson =
  (line: string): Send =>
  (writer, text) =>
    writer.json(line, { yaml_content: text });

const deploying: readonly Send[] = [
  asText('POST /api/v1/workflows?strict=true'),
  asJson('POST /api/v1/workflows?strict=true'),
];
/** Here a definition of another name is refused before anything else is looked at. */
const under: readonly Send[] = [
  asText('PUT /api/v1/workflows/shop?strict=true'),
  asText('POST /api/v1/workflows/shop/versions?strict=true'),
];
const checking: readonly Send[] = [
  asText('POST /api/v1/workflows/validate?strict=true'),
  asJson('POST /api/v1/workflows/shop/validate?strict=true'),
];

/** Each definition goes one way; which one follows from its place in the list. */
export function definitionCases(writer: Writer, definitions: readonly BadDocument[]): BadCase[] {
  return definitions.map(({ title, text, place, beside, field }, index) => {
    const isOfShop = text.includes('name: shop') && !place.pointer.startsWith('/metadata') && place.pointer !== '';
    const ways = [...deploying, ...checking, ...(isOfShop ? under : [])];
    const way = ways[index % ways.length] ?? deploying[0];
    const isChecked = way === checking[0] || way === checking[1];
    const answer: RightAnswer = {
      status: isChecked ? 200 : 422,
      code: isChecked ? 'invalid' : 'DEFINITION_INVALID',
      place,
      beside,
      names: field ?? namesOf(place),
    };
    return { title, request: (way as Send)(writer, text), answer };
  });
}

const namesOf = ({ pointer, line, column }: BadDocument['place']): string =>
  pointer === '' ? `line ${line}, column ${column}` : pointer;

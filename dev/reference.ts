/**
 * `node dev/reference.ts`: writes docs/reference/steps/, a page for each type of step, from the tables that the parser
 * reads. `test/reference.test.ts` tells when a page is out of date, and runs every sample.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { referencePages } from './reference/pages.ts';

const folder = new URL('../docs/reference/steps/', import.meta.url);

mkdirSync(folder, { recursive: true });
for (const [name, text] of referencePages()) writeFileSync(new URL(name, folder), text);

/** The API's documentation as one page without scripts or anything from elsewhere, made from the OpenAPI document. */
import { faults } from '../../kit/fault.ts';
import { escapeHtml } from '../html.ts';
import { titleOf } from '../problem.ts';
import type { OpenApiDocument, Operation, Parameter } from './openapi.ts';

export function docsPage(document: OpenApiDocument): string {
  const groups = groupsOf(document);
  const schemas = Object.entries(document.components['schemas'] as Record<string, unknown>);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Magic Flow API</title>
<link rel="stylesheet" href="/pages.css">
</head>
<body>
<header><h1>Magic Flow API</h1>
<p>${inline(document.info.description)} The same as <a href="/api/docs/openapi.json">OpenAPI 3.1</a>.</p></header>
<nav>${groups.map(([tag]) => `<a href="#${escapeHtml(tag)}">${escapeHtml(tag)}</a>`).join(' ')}
<a href="#schemas">schemas</a> <a href="#problems">problems</a></nav>
<main>
${groups.map(groupSection).join('\n')}
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => `<details id="schema-${escapeHtml(name)}"><summary>${escapeHtml(name)}</summary>${json(schema)}</details>`).join('\n')}
<h2 id="problems">Problems</h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457) with one of these codes.</p>
<table><thead><tr><th>code</th><th>status</th><th>meaning</th></tr></thead><tbody>
${Object.entries(faults).map(problemRow).join('\n')}
</tbody></table>
</main>
</body>
</html>
`;
}

type Entry = readonly [path: string, method: string, operation: Operation];

function groupsOf(document: OpenApiDocument): (readonly [string, readonly Entry[]])[] {
  const entries = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Entry => [path, method, operation]),
  );
  return [...Map.groupBy(entries, ([, , { tags }]) => (Array.isArray(tags) ? String(tags[0] ?? 'other') : 'other'))];
}

function groupSection([tag, entries]: readonly [string, readonly Entry[]]): string {
  return `<h2 id="${escapeHtml(tag)}">${escapeHtml(tag)}</h2>\n${entries.map(operationSection).join('\n')}`;
}

function operationSection([path, method, operation]: Entry): string {
  const body = Object.entries(operation.requestBody?.content ?? {});
  return `<details id="${escapeHtml(operation.operationId)}">
<summary><code>${escapeHtml(method.toUpperCase())} ${escapeHtml(path)}</code> ${escapeHtml(operation.summary)}</summary>
<p>${inline(operation.description)}</p>
${parameterTable(operation.parameters)}
${body.map(([type, content]) => `<h4>Body: ${escapeHtml(type)}</h4>${json(content)}`).join('')}
<h4>Answers</h4>${json(operation.responses)}
</details>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${escapeHtml(parameter.in)}</td><td>${inline(parameter.description)}</td></tr>`,
  );
  return `<table><thead><tr><th>parameter</th><th>in</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const problemRow = ([code, status]: [string, number]): string =>
  `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${titleOf(code)}</td></tr>`;

/** References become links to where the schema stands. */
function json(value: unknown): string {
  const text = escapeHtml(JSON.stringify(value, null, 2));
  const linked = text.replace(/#\/components\/schemas\/(\w+)/g, '<a href="#schema-$1">$1</a>');
  return `<pre>${linked}</pre>`;
}

/** Code between back quotes. */
const inline = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

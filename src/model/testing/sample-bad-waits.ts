// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the language under test writes them
import type { BadRow } from './sample-bad-documents.ts';

/** Waits and human tasks that are wrong, written like the rows of `sample-bad-documents.ts`. */
const call = 'type: function, executor: e, function: f';
const wait = (fields: string): string => `- {name: a, type: wait, ${fields}}`;
const ask = (fields: string): string => `- {name: a, type: human_task, ${fields}}`;

export const badWaits: readonly BadRow[] = [
  // signals by key and number
  ['FIELD_CONFLICT', '/spec/steps/0/key', wait('duration: 1s, key: «k')],
  ['FIELD_CONFLICT', '/spec/steps/0/take', wait('duration: 1s, take: «all')],
  ['VALUE_INVALID', '/spec/steps/0/take', wait('signal: s, take: «most')],
  ['VALUE_INVALID', '/spec/steps/0/take', wait('signal: s, take: «0')],
  ['VALUE_INVALID', '/spec/steps/0/take', wait('signal: s, take: «1.5')],
  ['TYPE_WRONG', '/spec/steps/0/take', wait('signal: s, take: «[1]')],
  ['EXPRESSION_INVALID', '/spec/steps/0/take', wait('signal: s, take: «$.nobody.count')],
  ['EXPRESSION_INVALID', '/spec/steps/0/key', wait('signal: s, key: «$.nobody.id')],
  ['SECRET_MISPLACED', '/spec/steps/0/key', wait('signal: s, key: «$.secrets.k')],
  // any of several
  ['FIELD_CONFLICT', '/spec/steps/0/any', wait('signal: s, any: «[{name: x, signal: s}]')],
  ['VALUE_INVALID', '/spec/steps/0/any', wait('any: «[]')],
  ['TYPE_WRONG', '/spec/steps/0/any', wait('any: «{x: 1}')],
  ['FIELD_MISSING', '/spec/steps/0/any/0', wait('any: [«{signal: s}]')],
  ['FIELD_MISSING', '/spec/steps/0/any/1', wait('any: [{name: x, signal: s}, «{name: y}]')],
  ['FIELD_CONFLICT', '/spec/steps/0/any/0/until', wait('any: [{name: x, duration: 1s, until: «$.input.at}]')],
  ['FIELD_CONFLICT', '/spec/steps/0/any/0/condition', wait('any: [{name: x, duration: 1s, condition: «"true"}]')],
  ['FIELD_CONFLICT', '/spec/steps/0/any/0/take', wait('any: [{name: x, duration: 1s, take: «2}]')],
  ['FIELD_UNKNOWN', '/spec/steps/0/any/0/timeout', wait('any: [{name: x, signal: s, «timeout: 1s}]')],
  ['NAME_DUPLICATE', '/spec/steps/0/any/1/name', wait('any: [{name: x, signal: s}, {name: «x, signal: t}]')],
  ['NAME_INVALID', '/spec/steps/0/any/0/name', wait('any: [{name: «a b, signal: s}]')],
  ['DURATION_INVALID', '/spec/steps/0/any/0/duration', wait('any: [{name: x, duration: «soon}]')],
  ['FIELD_CONFLICT', '/spec/steps/0/key', wait('any: [{name: x, signal: s}], key: «k')],
  // human tasks
  ['FIELD_UNKNOWN', '/spec/steps/0/asignee', ask('«asignee: ada')],
  ['VALUE_INVALID', '/spec/steps/0/assignee', ask('assignee: «[]')],
  ['EXPRESSION_INVALID', '/spec/steps/0/assignee', ask('assignee: «$.nobody.name')],
  ['SECRET_MISPLACED', '/spec/steps/0/title', ask('title: «$.secrets.k')],
  ['SECRET_MISPLACED', '/spec/steps/0/input/k', ask('input: {k: «$.secrets.k}')],
  ['SECRET_MISPLACED', '/spec/steps/0/data_mapping/input', ask('data_mapping: {input: «"${secrets.k}"}')],
  ['DURATION_INVALID', '/spec/steps/0/due', ask('due: «tomorrow')],
  ['VALUE_INVALID', '/spec/steps/0/outcomes', ask('outcomes: «[]')],
  ['NAME_INVALID', '/spec/steps/0/outcomes/0', ask('outcomes: [«"a b"]')],
  ['FIELD_MISSING', '/spec/steps/0/escalation', ask('escalation: «{after: 1h}')],
  ['FIELD_MISSING', '/spec/steps/0/escalation/0', ask('escalation: [«{assignee: eve}]')],
  ['DURATION_INVALID', '/spec/steps/0/escalation/after', ask('escalation: {after: «0s, assignee: eve}')],
  ['FIELD_CONFLICT', '/spec/steps/0/on_timeout', `${ask('on_timeout: «b')}\n- {name: b, ${call}}`],
  ['STEP_UNDEFINED', '/spec/steps/0/on_timeout', ask('timeout: 1h, on_timeout: «nobody')],
  // forms
  ['VALUE_INVALID', '/spec/steps/0/form', ask('form: «[]')],
  ['TYPE_WRONG', '/spec/steps/0/form', ask('form: «text')],
  ['VALUE_INVALID', '/spec/steps/0/form', ask('form: «{note: {type: text}}')],
  ['SCHEMA_INVALID', '/spec/steps/0/form/type', ask('form: {type: «text}')],
  ['FIELD_MISSING', '/spec/steps/0/form/0', ask('form: [«{type: text}]')],
  ['VALUE_INVALID', '/spec/steps/0/form/0/type', ask('form: [{name: x, type: «txt}]')],
  ['NAME_DUPLICATE', '/spec/steps/0/form/1/name', ask('form: [{name: x, type: text}, {name: «x, type: date}]')],
  ['NAME_RESERVED', '/spec/steps/0/form/0/name', ask('form: [{name: «constructor, type: text}]')],
  ['FIELD_MISSING', '/spec/steps/0/form/0', ask('form: [«{name: x, type: select}]')],
  ['FIELD_CONFLICT', '/spec/steps/0/form/0/options', ask('form: [{name: x, type: text, options: «[a]}]')],
  ['FIELD_CONFLICT', '/spec/steps/0/form/0/max', ask('form: [{name: x, type: boolean, max: «3}]')],
  ['VALUE_INVALID', '/spec/steps/0/form/0/max', ask('form: [{name: x, type: number, min: 3, max: «2}]')],
  ['VALUE_INVALID', '/spec/steps/0/form/0/default', ask('form: [{name: x, type: number, default: «many}]')],
  ['VALUE_INVALID', '/spec/steps/0/form/0/default', ask('form: [{name: x, type: select, options: [a], default: «b}]')],
  ['VALUE_INVALID', '/spec/steps/0/form/0/default', ask('form: [{name: x, type: date, default: «"2026-02-30x"}]')],
  ['FIELD_MISSING', '/spec/steps/0/form/0/options/0', ask('form: [{name: x, type: select, options: [«{label: A}]}]')],
];
